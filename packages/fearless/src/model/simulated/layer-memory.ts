/**
 * The memory interface in the model checker, for the layers above the core: the functions of
 * `core/memory.simulated.ts`, with a point of death before each write. The build resolves `core/memory.ts` to this file
 * in those layers (engine/death.ts says where a thread can be terminated).
 */
import * as memory from '../../core/memory.simulated.ts'
import { deathPoint } from '../engine/death.ts'

function mortal<A extends never[], R>(write: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    deathPoint()
    return write(...args)
  }
}

export {
  get,
  getFloat,
  leadingZeros,
  load,
  loadFloat,
  multiply,
  pause,
  sameFloat,
} from '../../core/memory.simulated.ts'

export const store = mortal(memory.store)
export const storeRelaxed = mortal(memory.storeRelaxed)
export const cas = mortal(memory.cas)
export const swap = mortal(memory.swap)
export const add = mortal(memory.add)
export const and = mortal(memory.and)
export const or = mortal(memory.or)
export const xor = mortal(memory.xor)
export const storeFloat = mortal(memory.storeFloat)
export const swapFloat = mortal(memory.swapFloat)
export const casFloat = mortal(memory.casFloat)
export const notify = mortal(memory.notify)
export const nap = mortal(memory.nap)
export const set = mortal(memory.set)
export const setFloat = mortal(memory.setFloat)
export const copy = mortal(memory.copy)
