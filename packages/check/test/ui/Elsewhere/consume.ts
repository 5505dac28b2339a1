import { move, thread, type Sender } from 'fearless'

export function consume(to: Sender<number>): void {
  thread.spawn(move(() => to.send(1)))
}

export function borrow(to: Sender<number>): void {
  to.send(1)
}
