/**
 * The system refuses threads or memory: every join settles with the reason, other threads go on. Every test is a
 * process.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AtomicI32, EnvironmentError, move, mpsc, sleep, thread, type JoinHandle } from 'fearless'

const says = async (handle: JoinHandle<unknown>): Promise<void> => {
  try {
    console.log('value', await handle)
  } catch (error) {
    const { message } = error as Error
    console.log(error instanceof EnvironmentError, /ulimit -u/.test(message), /EAGAIN/.test(message))
  }
}

const programs: Record<string, () => unknown> = {
  async first() {
    await says(thread.spawn(() => 1))
    await says(thread.spawn(() => 2))
  },
  async blocks() {
    try {
      thread.spawn(() => 1).wait(20_000)
    } catch (error) {
      console.log((error as Error).name)
    }
    console.log(thread.spawn(() => 2).wait(20_000))
  },
  async sender() {
    const [tx, rx] = mpsc.channel<number>()
    const handle = thread.spawn(move(() => tx.send(1)))
    for await (const x of rx) console.log(x)
    await says(handle)
  },
  async dedicated() {
    await says(thread.builder({ stackSizeMb: 1 }).spawn(() => 1))
    await says(thread.spawn(() => 2))
  },
  async nested() {
    const handle = thread.spawn(() => {
      try {
        return thread.spawn(() => 1).wait(30_000)
      } catch (error) {
        return (error as Error).name
      }
    })
    console.log(await handle)
    await says(thread.spawn(() => 2))
  },
  /** Blocks more threads at once than the system has for this user. */
  async many() {
    const [begun, gate] = [new AtomicI32(0), new AtomicI32(0)]
    const handles = Array.from({ length: MANY }, (_, i) =>
      thread.spawn(
        move(() => {
          begun.fetchAdd(1)
          while (gate.load() === 0) sleep(10).wait()
          return i
        }),
      ),
    )
    // As many threads as the limit allows start; then nothing happens for a while.
    for (let before = -1; before !== begun.load();) {
      before = begun.load()
      await sleep(1000)
    }
    const atOnce = begun.load()
    gate.store(1)
    const outcomes = await Promise.allSettled(handles)
    const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    console.log(
      atOnce < MANY,
      refused.every(({ reason }) => reason instanceof EnvironmentError),
    )
    console.log(await thread.spawn(() => 'goes on'))
  },
}

const MANY = 80
/** The id of a user without privileges. */
const NOBODY = 65_534

const chosen = process.argv[2]
if (chosen in programs) await programs[chosen]()
else tests()

/** Makes the constructor of Worker throw, as at the system's limit: its calls from `FROM` on to `TO`, in one thread. */
const REFUSE = `data:text/javascript,${encodeURIComponent(`
const threads = process.getBuiltinModule('node:worker_threads')
const [where, from, to] = process.env.REFUSES.split(' ')
let count = 0
if ((where === 'main') === threads.isMainThread) {
  threads.Worker = class extends threads.Worker {
    constructor(...args) {
      count++
      if (count >= from && count <= to) throw Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })
      super(...args)
    }
  }
}`)}`

function run(
  program: string,
  command: string[],
  env: Record<string, string> = {},
  uid?: number,
): Promise<{ stdout: string; stderr: string }> {
  const [file, ...args] = [
    ...command,
    '--import',
    '@fearless/compiler/register',
    fileURLToPath(import.meta.url),
    program,
  ]
  const child = spawn(file, args, {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    timeout: 50_000,
    ...(uid !== undefined && { uid }),
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => (stdout += chunk))
  child.stderr.on('data', chunk => (stderr += chunk))
  return new Promise(resolve => child.on('close', () => resolve({ stdout, stderr })))
}

function tests(): void {
  const limit = { timeout: 60_000 }
  const refused = 'true true true\n'
  for (const [program, refuses, wanted] of [
    ['first', 'main 1 1', `${refused}value 2\n`],
    ['first', 'main 2 2', `${refused}value 2\n`],
    ['first', 'main 1 9', refused + refused],
    ['blocks', 'main 1 1', 'EnvironmentError\n2\n'],
    ['sender', 'main 1 9', refused],
    ['dedicated', 'main 1 1', `${refused}value 2\n`],
    ['dedicated', 'others 1 1', `${refused}value 2\n`],
    ['nested', 'others 1 9999999', 'EnvironmentError\nvalue 2\n'],
  ] as const) {
    test(`every join settles if the system refuses a thread (${refuses}): ${program}`, limit, async () => {
      const env = { REFUSES: refuses, NODE_OPTIONS: `--import ${REFUSE}` }
      assert.deepEqual(await run(program, [process.execPath], env), { stdout: wanted, stderr: '' })
    })
  }

  test('a Node that is too old is refused with the needed version', limit, async () => {
    const old = `data:text/javascript,process.getBuiltinModule('node:module').registerHooks = undefined`
    const program = `import { thread } from 'fearless'; await thread.spawn((a) => a + 1, 1).catch(e => console.log(e.name, e.message))`
    const { stdout } = spawnSync(process.execPath, ['--import', old, '--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
      timeout: 50_000,
    })
    assert.equal(
      stdout,
      `EnvironmentError Threads need Node 22.15 or newer, got Node ${process.versions.node}. Install a newer Node.\n`,
    )
  })

  // The limit belongs to a user, and root has none. Another user may not be able to read these files.
  const mayTry =
    process.getuid?.() === 0 &&
    spawnSync(
      'bash',
      ['-c', 'ulimit -u 45 && "$0" --version && cat "$1"', process.execPath, fileURLToPath(import.meta.url)],
      {
        uid: NOBODY,
      },
    ).status === 0
  const why = mayTry ? false : 'it takes bash, and root, who starts the program as a user that may read it'
  test(
    'threads wait for each other and all finish if the system has fewer threads than block at once',
    { ...limit, skip: why },
    async () => {
      const shell = ['bash', '--norc', '-c', 'ulimit -u 45 && exec "$@"', 'bash', process.execPath]
      assert.deepEqual(await run('many', shell, {}, NOBODY), { stdout: 'true true\ngoes on\n', stderr: '' })
    },
  )

  const hasLimit = process.platform === 'linux'
  const skip = hasLimit ? false : 'ulimit -v is of Linux'
  const within = (kib: number): string[] => ['sh', '-c', `ulimit -v ${kib} && exec "$@"`, 'sh', process.execPath]
  test('a heap whose addresses the system refuses is reported as an error', { ...limit, skip }, async () => {
    const { stderr } = await run('first', within(3_000_000), { FEARLESS_HEAP_MB: '2047' })
    assert.match(stderr, /EnvironmentError: The system refused 2047 MiB of addresses .* Set FEARLESS_HEAP_MB to less/)
  })
  test('the heap is smaller in a small address space, so that workers have room', { ...limit, skip }, async () => {
    const { stdout, stderr } = await run('first', within(8_000_000))
    assert.equal(stderr, '')
    assert.notEqual(stdout, '')
  })
}
