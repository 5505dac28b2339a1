import { parIter } from 'fearless'

parIter([1, 2, 3]).map(x => x * 2)
parIter([1, 2, 3])
