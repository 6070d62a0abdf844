"""How fast Butler is: against floors and peers, in one run, printed as ratios. Run by ``make bench``."""
