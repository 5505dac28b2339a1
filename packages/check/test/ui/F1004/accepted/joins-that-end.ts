import { drop, move, mpsc, select, sleep, thread, type JoinHandle, type Receiver } from 'fearless'

const printerOf = (rx: Receiver<number>): JoinHandle<void> =>
  thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )

export async function limited(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  tx.send(1)
  await printer.within(10)
  await printer.join().within(10)
  printer.try()
  await select({ printer, late: sleep(10) })
  await Promise.race([printer.within(10), sleep(10)])
}
export function limitedWait(): void {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  tx.send(1)
  printer.wait(10)
}
export async function droppedBeforeTheWait(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  const done = Promise.all([printer])
  tx.send(1)
  drop(tx)
  await done
}
export async function ended(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = printerOf(rx)
  drop(tx)
  await printer
}
export function returned(): JoinHandle<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  tx.send(1)
  return printer
}
