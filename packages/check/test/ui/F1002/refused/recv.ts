import { type Receiver } from 'fearless'

export async function next(rx: Receiver<string>): Promise<string> {
  return rx.recv().wait()
}
