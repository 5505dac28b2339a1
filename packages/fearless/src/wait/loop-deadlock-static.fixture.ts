/** A module whose statics a thread may ask for at any time. */
import { Barrier } from 'fearless'

export const both = new Barrier(2)
