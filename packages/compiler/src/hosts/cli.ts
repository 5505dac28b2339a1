/**
 * The commands of this package: `fearless init` (init/init.ts), and `fearless run app.ts [args...]`, which runs the
 * current Node with the register hook.
 *
 * The program is a separate process, so that its options, standard streams and exit are exactly those of `node app.ts`.
 * Signals are forwarded. If a signal kills the program, this process dies of the same signal.
 */
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

const HELP = `Usage: fearless run [node options] <file> [arguments...]

Runs a TypeScript or JavaScript program whose closures may run in threads.

  fearless run app.ts            like \`node --import @fearless/compiler/register app.ts\`
  fearless run --inspect app.ts  options before the file are Node's
`

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Matches options of Node that take the next argument as their value. */
const TAKES_VALUE =
  /^(?:-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--env-file|--env-file-if-exists|--title)$/

/** Runs the command with the arguments after `fearless run`. Returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const at = fileIndex(args)
  const help = args.slice(0, at === -1 ? args.length : at).some(arg => arg === '--help' || arg === '-h')
  if (help || at === -1) {
    process[help ? 'stdout' : 'stderr'].write(
      help ? HELP : `fearless: No file was given. Give the file of the program.\n\n${HELP}`,
    )
    return help ? 0 : 2
  }
  const file = resolve(args[at])
  if (!existsSync(file) || statSync(file).isDirectory()) {
    process.stderr.write(
      `fearless: There is no file ${args[at]} (${file}). Give a path relative to the current directory.\n`,
    )
    return 1
  }
  const register = import.meta.url.replace(/cli(\.\w+)$/, 'register$1')
  return exitOf([...args.slice(0, at), '--import', register, file, ...args.slice(at + 1)])
}

/** Runs `fearless init`. */
export async function init(args: readonly string[]): Promise<number> {
  const command = await import('../init/init.ts')
  return command.init(args)
}

function fileIndex(args: readonly string[]): number {
  for (let at = 0; at < args.length; at++) {
    if (!args[at].startsWith('-')) return at
    if (TAKES_VALUE.test(args[at])) at++
  }
  return -1
}

function exitOf(args: string[]): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' })
    const pass = (signal: NodeJS.Signals): void => {
      child.kill(signal)
    }
    for (const signal of SIGNALS) process.on(signal, pass)
    child.on('error', fail)
    child.on('exit', (code, signal) => {
      for (const name of SIGNALS) process.off(name, pass)
      if (signal !== null) process.kill(process.pid, signal)
      else done(code ?? 1)
    })
  })
}
