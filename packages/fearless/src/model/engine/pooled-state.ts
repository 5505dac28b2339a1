/** A pool of the large objects of an execution. They take 8 ms to allocate for a full heap, so they are reused. */
import { Events } from './events.ts'
import { Memory } from './memory.ts'
import { Processes } from './processes.ts'
import { Shadow } from './shadow.ts'
import { Tree } from '../search/tree.ts'

export interface Ground {
  readonly memory: Memory
  readonly events: Events
  readonly shadow: Shadow
  readonly tree: Tree
  readonly processes: Processes
}

/** The cleared objects that no execution uses. */
const spare: Ground[] = []

export function takeGround(bytes: number): Ground {
  const ground = spare.pop() ?? newGround(bytes)
  ground.memory.grow(bytes)
  return ground
}

/** Returns the objects to the pool. The execution must not run again. */
export function leaveGround(ground: Ground): void {
  ground.memory.undo(0)
  ground.events.clear()
  ground.shadow.clear()
  ground.tree.clear()
  spare.push(ground)
}

function newGround(bytes: number): Ground {
  const events = new Events()
  return {
    memory: new Memory(bytes),
    events,
    shadow: new Shadow(events),
    tree: new Tree(),
    processes: new Processes(),
  }
}
