import { Arc } from 'fearless'

const shared = new Arc([1])
Arc.clone(shared)
