import { spawn } from 'node:child_process'
import { thread } from 'fearless'

export function run(args: string[]): unknown {
  thread.spawn(() => 1)
  const own = { spawn: (f: () => number): number => f() }
  own.spawn(() => args.length)
  return spawn('ls', args)
}
