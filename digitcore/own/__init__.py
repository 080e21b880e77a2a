"""A person's own digits: read from files, checked, kept as named sets in folders, learned from.

files.py         which kind of file it is; zips.py, csvs.py, arrays.py, pictures.py read one each
reading.py       what they all give, by which limits, and through ink
sheet/           a photo of a sheet, cut into digits
checking.py      a reading in the background that can be watched and stopped
advice.py        what a person should know before digits are kept
examples.py      files to try it with
store.py         the sets; table.py their digits.csv; correcting.py other labels
refusals.py      why not; told.py how names and sources are written
parts.py         what is learned from and what is held out
learning.py      a training that learns from a set
answers.py       what models answer to a set
"""
