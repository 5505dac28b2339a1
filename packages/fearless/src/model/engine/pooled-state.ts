/** A pool of the large objects of an execution. They take 8 ms to allocate for a full heap, so they are reused. */
import { Events } from './events.ts'
import { Memory } from './memory.ts'
import { Processes } from './processes.ts'
import { RaceDetector } from './shadow.ts'
import { SearchTree } from '../search/tree.ts'

export interface PooledState {
  readonly memory: Memory
  readonly events: Events
  readonly shadow: RaceDetector
  readonly tree: SearchTree
  readonly processes: Processes
}

/** The cleared objects that no execution uses. */
const spare: PooledState[] = []

export function acquirePooledState(bytes: number): PooledState {
  const ground = spare.pop() ?? newGround(bytes)
  ground.memory.grow(bytes)
  return ground
}

/** Returns the objects to the pool. The execution must not run again. */
export function releasePooledState(ground: PooledState): void {
  ground.memory.undo(0)
  ground.events.clear()
  ground.shadow.clear()
  ground.tree.clear()
  spare.push(ground)
}

function newGround(bytes: number): PooledState {
  const events = new Events()
  return {
    memory: new Memory(bytes),
    events,
    shadow: new RaceDetector(events),
    tree: new SearchTree(),
    processes: new Processes(),
  }
}
