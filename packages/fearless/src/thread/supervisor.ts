/**
 * The supervisor: a thread that never blocks. It starts workers, learns of their deaths, and settles what they leave.
 *
 * Workers are its children and not those of whoever spawns, because a thread that blocks cannot see its children die.
 */
import { RUN_LENGTH, RUN_TAKEN, RUN_WATCHED, WORKERS } from '../core/layout.ts'
import { platform } from '#platform'
import { i32 } from '../memory/heap.ts'
import { idOfSlot, startWorker, type Request } from './pool.ts'
import { reap } from './reaper.ts'
import type { Port, StartedWorker } from '../platform/platform.ts'

/** How often the supervisor looks whether queued threads are taken, in milliseconds. */
const WATCH_MS = 4

const workers = new Map<number, StartedWorker>()
let watch: ReturnType<typeof setInterval> | undefined

export function supervise(): void {
  platform.listenToStarter(message => serve(message as Request))
}

function serve(request: Request): void {
  switch (request.ask) {
    case 'grow':
      return start(0, '', 0, 0)
    case 'dedicate':
      Atomics.add(i32, WORKERS >> 2, 1)
      return start(request.thread, request.name, request.stackSizeMb, request.heapSizeMb)
    case 'guard':
      return platform.openPort(request.port).listen(
        message => serve(message as Request),
        () => bury(request.slot, undefined),
      )
    case 'watch':
      return startWatch()
    case 'terminate':
      return workers.get(request.slot)?.terminate()
  }
}

function start(thread: number, name: string, stackSizeMb: number, heapSizeMb: number): void {
  const [worker, [slot, raw]] = startWorker(thread, name, stackSizeMb, heapSizeMb, bury)
  workers.set(idOfSlot(slot), worker)
  const port: Port = platform.openPort(raw)
  port.listen(message => serve(message as Request), () => {})
}

function bury(slot: number, reason: string | undefined): void {
  workers.delete(idOfSlot(slot))
  Atomics.sub(i32, WORKERS >> 2, 1)
  reap(slot, reason)
  if (Atomics.load(i32, RUN_LENGTH >> 2) > 0) startWatch()
}

function startWatch(): void {
  let taken = Atomics.load(i32, RUN_TAKEN >> 2)
  watch ??= setInterval(() => {
    const now = Atomics.load(i32, RUN_TAKEN >> 2)
    if (Atomics.load(i32, RUN_LENGTH >> 2) === 0) {
      clearInterval(watch)
      watch = undefined
      Atomics.store(i32, RUN_WATCHED >> 2, 0)
      // RACE: a thread may have been queued before the flag fell; its spawner did not ask then.
      if (Atomics.load(i32, RUN_LENGTH >> 2) > 0) startWatch()
    } else if (now === taken) {
      Atomics.add(i32, WORKERS >> 2, 1)
      start(0, '', 0, 0)
    }
    taken = now
  }, WATCH_MS)
}
