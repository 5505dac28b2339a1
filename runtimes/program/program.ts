/**
 * The program that each target builds and runs: four closures, with captures, an import of a package, a nested spawn,
 * and a panic whose stack names this file.
 */
import { eastAsianWidth } from 'get-east-asian-width'
import { Arc, Mutex, move, thread } from 'fearless'
import { half } from './half.ts'

export async function program(): Promise<string[]> {
  const printed: string[] = []
  const n = 8
  const total = new Arc(new Mutex(0))
  const captures = thread.spawn(
    move(() => {
      using sum = total.lock().wait()
      sum.value += half(n)
      return sum.value
    }),
  )
  printed.push(`captures: ${await captures.join()}`)
  printed.push(`package: ${await thread.spawn(() => eastAsianWidth(0x5b57)).join()}`)
  const nested = thread.spawn(() => thread.spawn(() => thread.current().id).join())
  printed.push(`nested: ${(await nested.join()) > 1}`)
  const failed = thread.spawn(() => {
    throw new RangeError('too much')
  })
  const error: unknown = await failed.join().catch((caught: unknown) => caught)
  printed.push(`panic: ${error instanceof RangeError} ${/program\.ts:\d+/.exec(String((error as Error).stack))?.[0]}`)
  return printed
}
