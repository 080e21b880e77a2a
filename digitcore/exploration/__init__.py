"""What is known of the digits of a set: one file a question.

catalogue.py     a row for each digit: what all the others go by
statistics.py    ink, thickness, slant, size, place, measured on the pixels
insights.py      what is shipped about MNIST, made by scripts/build_insights.py
folds.py         answers of networks that have not learned from the digit
balance.py       how many of each class
spread.py        how a statistic is spread over the classes
prototypes.py    the most typical digits of a class, and the most extreme
selection.py     filter and sort
bundle.py        a selection as files
outline.py       which digits lie inside a line drawn on a map
features.py      what a network makes of an image
reading.py       a process in which a network goes through a whole set
neighbours.py    which digits are closest
doubles.py       which are nearly the same
suspects.py      which are odd, doubled or mislabelled
extremes.py      each warp at its two ends
"""
