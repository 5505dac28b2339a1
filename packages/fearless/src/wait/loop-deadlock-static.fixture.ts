/** A module with a static, of which any thread may get a handle at any time. */
import { Barrier } from 'fearless'

export const both = new Barrier(2)
