/** The shares of a search's time budget: for all executions, then for few preemptions. Random search gets the rest. */
export const ALL = 0.6
export const FEW = 0.2
