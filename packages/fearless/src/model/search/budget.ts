/** The parts of a search's budget: for all interleavings, then for those of few preemptions; the rest is for chance. */
export const ALL = 0.6
export const FEW = 0.2
