/**
 * The soak test: runs the library for longer than the tests. A hundred million lock operations, a hundred million
 * messages, thousands of deaths of every kind, and many random values, each with exact counts and constant memory.
 *
 *   npm run soak -- [--scale 1] [--minutes 90] [--only TEXT] [--help]
 *
 * Each run has a process of its own. The last line has the numbers of passed and failed runs; a failed run sets the
 * exit code 1.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './runtimes.ts'
import { SCENES } from './soak/scenes.ts'

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '90' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  },
})
const [scale, minutes] = [Number(values.scale), Number(values.minutes)]

const HELP = `Usage: npm run soak -- [options]

  --scale N     scale of all runs: 1 is 100,000,000 lock operations and messages, 1,000 deaths of each kind, an hour of
                a full heap, and 1,000,000 operations of each kind in a small one
  --minutes N   time limit of one run; 90 by default
  --only TEXT   only the runs whose name contains the text: locks, messages, full, operations, values, hostile,
                ${SCENES.map(name => `deaths-${name}`)
                  .join(', ')
                  .replace(/(.{70}\S*) /, '$1\n                ')}
`
/** The number of values at scale 1: random ones through the codec, compared with structuredClone, and hostile ones. */
const VALUES = 1_000_000

if (values.help === true) {
  process.stdout.write(HELP)
} else if (!(scale > 0) || !(minutes > 0)) {
  process.stderr.write(`error: --scale and --minutes must be numbers greater than 0.\n\n${HELP}`)
  process.exitCode = 2
} else {
  await main()
}

async function main(): Promise<void> {
  const soak = (name: string): readonly string[] => [
    '--expose-gc',
    '--import',
    '@fearless/compiler/register',
    join(root, 'scripts/soak/run.ts'),
    name,
    String(scale),
  ]
  const fuzz = ['--test', join(root, 'packages/fearless/src/memory/codec/fuzz.test.ts')]
  const runs = new Map([
    ['locks', soak('locks')],
    ['messages', soak('messages')],
    ['full', soak('full')],
    ['operations', soak('operations')],
    ...SCENES.map(name => [`deaths-${name}`, soak(`deaths-${name}`)] as const),
    ['values', fuzz],
    [
      'hostile',
      [
        '--expose-gc',
        '--import',
        '@fearless/compiler/register',
        join(root, 'packages/fearless/src/thread/hostile.test.ts'),
      ],
    ],
  ])
  let [passed, failed] = [0, 0]
  for (const [name, args] of runs) {
    if (!name.includes(values.only)) continue
    const started = performance.now()
    const ok = await run(name, args)
    if (ok) passed++
    else failed++
    console.log(`${ok ? '\u2714' : '\u2716'} ${name} (${((performance.now() - started) / 1000).toFixed(0)} s)`)
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}

/** Runs one in a process of its own, which is killed at the time limit. True if it passed. */
function run(name: string, args: readonly string[]): Promise<boolean> {
  const count = String(Math.ceil(VALUES * scale))
  const isSmall = name === 'full' || name === 'operations'
  const env = {
    ...process.env,
    FEARLESS_FUZZ: count,
    FEARLESS_HOSTILE: count,
    NODE_TEST_CONTEXT: undefined,
    ...(isSmall && { FEARLESS_HEAP_MB: '16' }),
  }
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env })
  const limit = setTimeout(() => {
    console.log(`${name}: the run did not end within ${minutes} minutes`)
    child.kill('SIGKILL')
  }, minutes * 60_000)
  return new Promise(resolve => {
    child.on('close', code => {
      clearTimeout(limit)
      resolve(code === 0)
    })
  })
}
