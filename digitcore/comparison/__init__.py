"""What follows from several models' predictions of the same digits: pure, one file a question.

scores.py        every figure of a model; runs that differ only by their seed
significance.py  is a gap real, or luck?
confusion.py     what is taken for what
overlap.py       who errs where, and how alike the models answer
calibration.py   does confidence come true, and which temperature would make it
abstention.py    what is left when a model answers only where it is sure
ranking.py       ROC and precision-recall curves
anatomy.py       what each member adds to an ensemble
cost.py          who is beaten by a cheaper model
"""
