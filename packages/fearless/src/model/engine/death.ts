/**
 * Where a thread can die, and how it does.
 *
 * V8 ends a worker where it looks for interrupts: when a function is entered, at the head of a loop, and in a blocking
 * wait. So a thread above the core may die before each of its accesses. In the core, which is WebAssembly, it may die
 * when a function of the binary is entered and at the head of each loop; a run of instructions without either happens as
 * a whole, or not at all. (The core as JavaScript has more such places: decisions/0008.) `scripts/model/points.ts` puts
 * `deathPoint` there, and fails the build when the binary calls a function that it does not know.
 *
 * What a thread only reads, or never writes again, nobody sees; so a death is tried right before the write that follows.
 */
import { threadState, world } from '../drivers/world.ts'

/** Thrown through the code of a thread that has died. */
const DEATH = { toString: () => 'this thread has died: let it pass' }

interface Mortal {
  /** Absent for a thread that lives as long as it likes. */
  mortal?: { point: boolean; dead: boolean }
}

/** Whether any thread was ever to die: most models have none, and ask at every access. */
let possible = false

const mortalOf = (): Mortal['mortal'] => (possible ? (threadState() as Mortal).mortal : undefined)

/** This thread may die from here on. */
export function mayDie(): void {
  possible = true
  ;(threadState() as Mortal).mortal = { point: true, dead: false }
}

/** Whether this thread has died; it then lives again, as whoever buries it. */
export function hasDied(): boolean {
  const died = mortalOf()?.dead === true
  delete (threadState() as Mortal).mortal
  return died
}

/** A place at which V8 looks for interrupts. */
export function deathPoint(): void {
  const mortal = mortalOf()
  if (mortal !== undefined) mortal.point = true
}

/** Before everything that a thread does to shared memory. */
export function beforeRead(): void {
  if (mortalOf()?.dead === true) throw DEATH
}

/** Before everything that others may see: it happens, or the thread is dead. */
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
