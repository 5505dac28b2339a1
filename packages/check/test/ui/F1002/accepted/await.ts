import { type Receiver } from 'fearless'

export async function next(rx: Receiver<string>): Promise<string | undefined> {
  return rx.recv().try() ?? (await rx.recv())
}
