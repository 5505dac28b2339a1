/** What an execution stands on and is large: 8 ms to make for all of a heap, so what an ended one had is used again. */
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

/** Those that are nobody's, and clear. */
const spare: Ground[] = []

export function takeGround(bytes: number): Ground {
  const ground = spare.pop() ?? newGround(bytes)
  ground.memory.grow(bytes)
  return ground
}

/** Nothing will run on it as it is: another execution may have it. */
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
