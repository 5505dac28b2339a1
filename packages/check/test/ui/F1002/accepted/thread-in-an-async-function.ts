import { move, thread, type Receiver } from 'fearless'

export async function next(rx: Receiver<number>): Promise<number> {
  return await thread.spawn(move(() => rx.recv().wait())).join()
}
