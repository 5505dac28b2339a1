/**
 * Points of death: the instructions at which a simulated thread can be terminated.
 *
 * V8 terminates a worker where it checks for interrupts: at a function entry, at a loop head, and in a blocking wait.
 * Therefore:
 *
 * - A thread above the core may die before each of its accesses.
 * - The core is WebAssembly. A thread in it may die at the entry of a function of the binary and at each loop head.
 * - UNINTERRUPTED: instructions of the core between two such points happen as a whole or not at all. (The core as
 *   JavaScript has more such points: decisions/0008.)
 * - `scripts/model/death-points.ts` inserts `deathPoint` there. The build fails if the binary calls a function unknown
 *   to it.
 * - Other threads cannot observe a read. So a death at a point is tried only directly before the next write.
 */
import { threadState, world } from '../drivers/world.ts'

/** Thrown through the frames of a thread that has died. */
const DEATH = { toString: () => 'this thread has died: do not catch this' }

interface Mortal {
  /** Absent for a thread that cannot die. */
  mortal?: { point: boolean; dead: boolean }
}

/** True once any thread may die. In most models none may, and each access tests only this flag. */
let possible = false

const mortalOf = (): Mortal['mortal'] => (possible ? (threadState() as Mortal).mortal : undefined)

/** Lets this thread die at each point of death that follows. */
export function enableDeath(): void {
  possible = true
  ;(threadState() as Mortal).mortal = { point: true, dead: false }
}

/** Returns true if this thread has died. The thread is alive again afterwards, and can run the reaper's code. */
export function endDeath(): boolean {
  const died = mortalOf()?.dead === true
  delete (threadState() as Mortal).mortal
  return died
}

/** Marks a point at which V8 checks for interrupts. */
export function deathPoint(): void {
  const mortal = mortalOf()
  if (mortal !== undefined) mortal.point = true
}

/** Must be called before every access to shared memory. Throws in a thread that has died. */
export function beforeRead(): void {
  if (mortalOf()?.dead === true) throw DEATH
}

/**
 * Must be called before every access that another thread may observe. Returns, and the access happens, or throws
 * because the thread dies.
 */
export function beforeWrite(): void {
  const mortal = mortalOf()
  if (mortal === undefined) return
  if (mortal.dead) throw DEATH
  if (!mortal.point) return
  mortal.point = false
  if (world().choose(2) === 0) return
  mortal.dead = true
  throw DEATH
}
