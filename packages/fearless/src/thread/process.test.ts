/** Threads and their process: when the process ends, its output, its exit code, its errors. Every test is a process. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { HeapFullError, drop, move, mpsc, sendable, sleep, thread, type JoinHandle } from 'fearless'

/** The programs that the tests run: this file is started with a program's name. */
const programs: Record<string, () => unknown> = {
  async joined() {
    console.log(await thread.spawn(() => 42).join())
  },
  blocked() {
    const [tx, rx] = mpsc.channel<number>()
    thread.spawn(
      move(() => {
        rx.recv().wait()
      }),
    )
    console.log('main ends', tx.length)
  },
  sleeping() {
    drop(thread.spawn(() => sleep(600_000).wait()))
    drop(
      thread.spawn(async () => {
        await sleep(600_000)
      }),
    )
  },
  computing() {
    thread.spawn(() => {
      for (;;);
    })
    return sleep(50)
  },
  manyBlocked() {
    for (let i = 0; i < 12; i++) thread.spawn(() => thread.park().wait())
    return thread.spawn(() => 1).join()
  },
  exitCode() {
    thread
      .spawn(() => process.exit(3))
      .join()
      .try()
    process.exitCode = 7
  },
  pendingJoin() {
    // The await keeps the process alive, although only a thread can complete it.
    void thread
      .spawn(() => {
        sleep(300).wait()
        return 'kept'
      })
      .join()
      .then(console.log)
  },
  logs() {
    const handle = thread.spawn(() => {
      console.log('first')
      console.error('second')
      console.log('third %d', 3)
      thread.park().wait()
    })
    handle.join().wait(60_000)
  },
  megabyte() {
    thread
      .spawn(() => {
        process.stdout.write('x'.repeat(1 << 20) + '\n')
        console.log('end')
      })
      .join()
      .wait()
  },
  interleaved() {
    const handles = Array.from({ length: 4 }, (_, i) =>
      thread.spawn(
        move(() => {
          for (let k = 0; k < 500; k++) console.log(`${i}:${'y'.repeat(60)}`)
        }),
      ),
    )
    for (const handle of handles) handle.join().wait()
  },
  unjoined() {
    drop(
      thread.builder({ name: 'dropped early' }).spawn(() => {
        sleep(20).wait()
        throw new TypeError('one')
      }),
    )
    const late = thread.builder({ name: 'dropped late' }).spawn(() => {
      throw new RangeError('two')
    })
    while (!late.isFinished()) thread.yieldNow().wait()
    drop(late)
    const kept = thread.builder({ name: 'never joined' }).spawn(() => {
      throw { odd: 'three' }
    })
    while (!kept.isFinished()) thread.yieldNow().wait()
    const joined = thread.builder({ name: 'joined' }).spawn(() => {
      throw new Error('four')
    })
    try {
      joined.join().wait()
    } catch {
      /* consumed */
    }
    thread
      .builder({ name: 'parent' })
      .spawn(() => {
        const child = thread.builder({ name: 'child' }).spawn(() => {
          throw new Error('five')
        })
        while (!child.isFinished()) thread.yieldNow().wait()
      })
      .join()
      .wait()
    drop(thread.builder({ name: 'exits' }).spawn(() => process.exit(5)))
    return sleep(500)
  },
  async chosenCode() {
    const handle = thread.spawn(() => {
      throw new RangeError('unjoined')
    })
    while (!handle.isFinished()) await thread.yieldNow()
    process.exitCode = 7
  },
  async chosenExit() {
    const handle = thread.spawn(() => {
      throw new RangeError('unjoined')
    })
    while (!handle.isFinished()) await thread.yieldNow()
    process.exit(0)
  },
  async keptHandle() {
    const handle = thread.builder({ name: 'kept' }).spawn(() => {
      throw new RangeError('unjoined')
    })
    await sleep(2500)
    console.error('reported')
    return handle.isFinished()
  },
  async joinedLate() {
    const handle = thread.spawn(() => {
      throw new RangeError('unjoined')
    })
    await sleep(2500)
    await handle.catch((error: unknown) => console.log((error as Error).message))
  },
  async scopeInterrupted() {
    const [tx, rx] = mpsc.channel<number>()
    void thread.scope(s => {
      s.spawn(
        move(() => {
          tx.send(1)
          throw new RangeError('unjoined')
        }),
      )
    })
    for await (const _ of rx);
    process.exit()
  },
  async unreadable() {
    const [tx, rx] = mpsc.channel<number>()
    class Unknown {
      readonly x = 1
      method(): void {}
    }
    const register: typeof sendable = sendable
    register(Unknown, undefined)
    const spawn = thread.spawn as (f: (...args: unknown[]) => unknown, ...args: unknown[]) => JoinHandle<unknown>
    drop(spawn((_tx, _unknown) => 1, tx, new Unknown()))
    for await (const _ of rx);
  },
  async left() {
    await thread
      .spawn(() => {
        void Promise.reject(new Error('nobody listens'))
      })
      .join()
    await sleep(100)
  },
  unused() {
    thread.builder({ name: 'unused' }).spawn(() => {
      throw new TypeError('outer', { cause: new RangeError('inner') })
    })
    void thread.builder({ name: 'void' }).spawn(() => {
      throw 'text'
    })
    thread.park().wait()
  },
  async signalled() {
    process.on('SIGTERM', () => process.exit(3))
    const handle = thread.spawn(() => {
      throw new RangeError('held')
    })
    while (!handle.isFinished()) await thread.yieldNow()
    console.log('ready')
    await sleep(600_000)
    await handle
  },
  async handled() {
    thread.onPanic((error, { id, name }) => {
      const { message, stack } = error as Error
      console.log(
        `${id > 1} ${name} ${(error as Error).constructor.name} ${message} ${/process\.test\.ts:\d+/.test(stack!)}`,
      )
      if (name === 'nested') thread.onPanic(undefined)
      if (name === 'first') throw new Error('in the handler')
    })
    const [tx, rx] = mpsc.channel<number>()
    thread.builder({ name: 'first' }).spawn(
      move(() => {
        throw Object.assign(new TypeError('one'), { tx })
      }),
    )
    await rx.recv().catch(() => 'closed')
    const kept = thread.builder({ name: 'kept' }).spawn(() => {
      throw new RangeError('two')
    })
    await sleep(2500)
    await kept.catch((error: unknown) => console.log(`joined ${(error as Error).message}`))
    const joined = thread.builder({ name: 'joined' }).spawn(() => {
      throw new RangeError('joined')
    })
    await joined.catch(() => undefined)
    await thread
      .spawn(() => {
        thread.onPanic(() => {})
      })
      .join()
      .catch((error: unknown) => console.log((error as Error).name))
    await thread
      .spawn(() => {
        thread.builder({ name: 'nested' }).spawn(() => {
          throw new RangeError('three')
        })
      })
      .join()
    await sleep(300)
    thread.builder({ name: 'printed' }).spawn(() => {
      throw new RangeError('four')
    })
    await sleep(300)
  },
  async handledAtExit() {
    thread.onPanic((error, { name }) => console.log(`${name} ${(error as Error).message}`))
    const handle = thread.builder({ name: 'held' }).spawn(() => {
      throw new RangeError('at the end')
    })
    while (!handle.isFinished()) await thread.yieldNow()
  },
  async forgotten() {
    const handles = new Set<unknown>()
    for (let i = 0; i < 50; i++)
      handles.add(
        thread.spawn(() => {
          throw new Error('forgotten')
        }),
      )
    handles.clear()
    for (let i = 0; i < 100; i++) {
      await sleep(10)
      ;(globalThis as { gc?: () => void }).gc!()
    }
  },
  async leaving() {
    await thread
      .spawn(() => {
        setInterval(() => {}, 1)
      })
      .join()
    await thread
      .spawn(async () => {
        const { createServer } = await import('node:net')
        createServer().listen(0)
      })
      .join()
  },
  heapFull() {
    thread
      .spawn(() => sleep(1).wait())
      .join()
      .wait()
    const [tx, rx] = mpsc.channel<Uint8Array>()
    const full = (f: () => void): void => assert.throws(f, HeapFullError)
    full(() => {
      for (;;) tx.send(new Uint8Array(1 << 20))
    })
    const data = new Uint8Array(30 << 20)
    full(() => thread.spawn((d: Uint8Array) => d.length, data))
    assert.equal(data.length, 30 << 20)
    full(() => {
      for (;;) thread.builder({ name: 'x'.repeat(100_000) }).spawn(() => 1)
    })
    let count = 0
    for (const value of rx.tryIter()) count += value.length >> 20
    assert.ok(count > 5)
    const again = new Uint8Array(1 << 20)
    console.log(
      thread
        .spawn((d: Uint8Array) => d.length, again)
        .join()
        .wait(),
    )
  },
  async heapFullInside() {
    const handle = thread.spawn(() => new Uint8Array(30 << 20))
    try {
      await handle.join()
    } catch (error) {
      console.log((error as Error).name)
    }
    console.log(await thread.spawn(() => 'later').join())
  },
  async idle() {
    const handles = Array.from({ length: 8 }, () =>
      thread.spawn(async () => {
        await sleep(5)
      }),
    )
    for (const handle of handles) await handle.join()
    void thread
      .spawn(async () => {
        await sleep(600_000)
      })
      .join()
      .try()
    await sleep(300)
    const before = process.cpuUsage()
    await sleep(2000)
    const { user, system } = process.cpuUsage(before)
    console.log(JSON.stringify({ ms: (user + system) / 1000 }))
  },
}

const chosen = process.argv[2]
if (chosen in programs) await programs[chosen]()
else tests()

interface Ended {
  readonly code: number | null
  readonly signal?: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

function run(
  program: string,
  env: Record<string, string> = {},
  onOutput: (so_far: string, kill: () => void, stderr: string) => void = () => {},
  flags: string[] = [],
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [...flags, '--import', '@fearless/compiler/register', fileURLToPath(import.meta.url), program],
    {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    },
  )
  let stdout = ''
  let stderr = ''
  const look = (): void => onOutput(stdout, () => child.kill(), stderr)
  child.stdout.on('data', chunk => ((stdout += chunk), look()))
  child.stderr.on('data', chunk => ((stderr += chunk), look()))
  return new Promise(resolve => child.on('close', code => resolve({ code, stdout, stderr })))
}

function tests(): void {
  const limit = { timeout: 30_000, concurrency: true }

  for (const program of ['blocked', 'sleeping', 'computing', 'manyBlocked', 'leaving']) {
    test(`a process ends by itself: ${program}`, limit, async () => {
      const { code, stderr } = await run(program)
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    })
  }

  test('a process with idle workers ends', limit, async () => {
    assert.deepEqual(await run('joined'), { code: 0, stdout: '42\n', stderr: '' })
  })

  test('a pending join keeps the process alive', limit, async () => {
    assert.deepEqual(await run('pendingJoin'), { code: 0, stdout: 'kept\n', stderr: '' })
  })

  test('process.exit in a thread does not set the exit code of the process', limit, async () => {
    assert.equal((await run('exitCode')).code, 7)
  })

  test('a log of a thread appears at once while main blocks', limit, async () => {
    const { stdout, stderr } = await run('logs', {}, (soFar, kill) => {
      if (soFar.includes('third 3\n')) kill()
    })
    assert.equal(stdout, 'first\nthird 3\n')
    assert.match(stderr, /^second\n/)
  })

  test('a megabyte that a thread writes to a pipe arrives complete while main blocks', limit, async () => {
    const { stdout } = await run('megabyte')
    assert.equal(stdout.length, (1 << 20) + 1 + 4)
    assert.ok(stdout.endsWith('x\nend\n'))
  })

  test('lines of several threads stay whole', limit, async () => {
    const lines = (await run('interleaved')).stdout.trimEnd().split('\n')
    assert.equal(lines.length, 2000)
    for (const line of lines) assert.match(line, /^[0-3]:y{60}$/)
  })

  test('an unjoined panic is printed on stderr once', limit, async () => {
    const { code, stderr } = await run('unjoined')
    assert.equal(code, 1)
    for (const [name, what] of [
      ['dropped early', 'TypeError: one'],
      ['dropped late', 'RangeError: two'],
      ['never joined', 'three'],
      ['child', 'Error: five'],
      ['exits', 'process.exit\\(5\\)'],
    ]) {
      assert.equal(
        stderr.match(new RegExp(`The thread "${name}" panicked and was not joined\\.`, 'g'))?.length,
        1,
        `${name} in ${stderr}`,
      )
      assert.match(stderr, new RegExp(what))
    }
    assert.doesNotMatch(stderr, /four|parent/)
  })

  for (const [program, wanted] of [
    ['chosenCode', 7],
    ['chosenExit', 0],
  ] as const) {
    test(`an unjoined panic keeps the exit code that the program has set: ${program}`, limit, async () => {
      const { code, stderr } = await run(program)
      assert.equal(code, wanted)
      assert.match(stderr, /The thread "\d+" panicked and was not joined\. [^\n]*\nRangeError: unjoined/)
    })
  }

  test('a panic whose handle is kept unused is reported once while the process runs', limit, async () => {
    const { code, stderr } = await run('keptHandle', {}, (soFar, kill) => {
      if (soFar.includes('reported')) kill()
    })
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^The thread "kept" panicked and has not been joined yet\. [^\n]*\nRangeError: unjoined\n[^]*reported\n$/,
    )
    assert.equal(stderr.match(/RangeError: unjoined/g)?.length, 1)
  })

  test('a panic that was reported and is joined later does not change the exit code', limit, async () => {
    const { code, stdout, stderr } = await run('joinedLate')
    assert.equal(code, 0)
    assert.equal(stdout, 'unjoined\n')
    assert.match(stderr, /has not been joined yet/)
  })

  test('a panic in a scope is reported if the end of the process interrupts the scope', limit, async () => {
    const { code, stderr } = await run('scopeInterrupted')
    assert.equal(code, 1)
    assert.match(stderr, /RangeError: unjoined/)
  })

  test('a body that its thread cannot decode is dropped after the panic was reported', limit, async () => {
    const { code, stderr } = await run('unreadable')
    assert.equal(code, 1)
    assert.match(stderr, /panicked and was not joined\. [^\n]*\n[^]*not registered in this thread/)
  })

  test(
    'a panic of a thread whose handle is not used is printed at once, also if a signal then ends the process',
    limit,
    async () => {
      const count = (stderr: string) => stderr.match(/panicked and was not joined/g)?.length
      const { stderr } = await run('unused', {}, (_, kill, soFar) => {
        if (count(soFar) === 2) kill()
      })
      assert.equal(count(stderr), 2)
      assert.match(stderr, /thread "void" panicked and was not joined\. [^\n]*\nPanicError: .*text/)
      assert.match(
        stderr,
        /thread "unused" panicked and was not joined\. [^\n]*\nTypeError: outer\n +at [^\n]*process\.test\.ts:\d+:\d+\)?\n +in thread "unused" \{\n +\[cause\]: RangeError: inner\n +at [^\n]*process\.test\.ts:\d+:\d+\)?\n\}/,
      )
    },
  )

  test('a panic whose handle is kept is printed when a listener for a signal ends the process', limit, async () => {
    const { code, stderr } = await run('signalled', {}, (soFar, kill) => {
      if (soFar.includes('ready')) kill()
    })
    assert.equal(code, 3)
    assert.equal(stderr.match(/panicked and was not joined/g)?.length, 1)
  })

  test('the handler of thread.onPanic replaces the print, on main', limit, async () => {
    const { code, stdout, stderr } = await run('handled')
    assert.equal(
      stdout,
      'true first TypeError one true\ntrue kept RangeError two true\njoined two\nEnvironmentError\ntrue nested RangeError three true\n',
    )
    assert.match(stderr, /^The handler of `thread.onPanic` threw an error\. [^\n]*\nError: in the handler\n/)
    assert.match(stderr, /The thread "printed" panicked and was not joined/)
    assert.equal(stderr.match(/panicked/g)?.length, 1)
    assert.equal(code, 1)
  })

  test('the handler of thread.onPanic receives the remaining panics when the process ends', limit, async () => {
    assert.deepEqual(await run('handledAtExit'), { code: 1, stdout: 'held at the end\n', stderr: '' })
  })

  test('a panic is reported when its JoinHandle is garbage-collected', limit, async () => {
    const { stderr } = await run('forgotten', {}, undefined, ['--expose-gc'])
    assert.equal(stderr.match(/was not joined/g)?.length, 50)
  })

  test('a rejection that a finished thread left is printed on stderr', limit, async () => {
    const { code, stderr } = await run('left')
    assert.equal(code, 0)
    assert.match(stderr, /nobody listens/)
  })

  test('a spawn into a full heap throws a typed error and moves nothing, and later spawns succeed', limit, async () => {
    const { code, stdout, stderr } = await run('heapFull', { FEARLESS_HEAP_MB: '40' })
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '1048576\n', stderr: '' })
  })

  test('a result that does not fit the heap makes its thread panic', limit, async () => {
    assert.equal((await run('heapFullInside', { FEARLESS_HEAP_MB: '16' })).stdout, 'HeapFullError\nlater\n')
  })

  for (const bad of ['', 'abc', '0', '3', '-5', '1.5', '2048', 'NaN', '64MB']) {
    test(`FEARLESS_HEAP_MB=${JSON.stringify(bad)} is refused`, limit, async () => {
      const { code, stderr } = await run('joined', { FEARLESS_HEAP_MB: bad })
      assert.equal(code, 1)
      assert.match(stderr, /EnvironmentError: FEARLESS_HEAP_MB expects a whole number of MiB from 4 to 2047, got/)
    })
  }

  test('the smallest heap works', limit, async () => {
    assert.equal((await run('joined', { FEARLESS_HEAP_MB: '4' })).stdout, '42\n')
  })

  test('FEARLESS_CORE is refused unless it is wasm or js', limit, async () => {
    assert.match((await run('joined', { FEARLESS_CORE: 'fast' })).stderr, /EnvironmentError: FEARLESS_CORE/)
    assert.equal((await run('joined', { FEARLESS_CORE: 'js' })).stdout, '42\n')
    assert.equal((await run('joined', { FEARLESS_CORE: 'wasm' })).stdout, '42\n')
  })

  test('an idle process uses no CPU', limit, async () => {
    const { ms } = JSON.parse((await run('idle')).stdout) as { ms: number }
    assert.ok(ms < 20, `${ms} ms of 2000`)
  })

  test('two copies of the library in one process are refused', limit, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fearless-copy-'))
    try {
      const dist = fileURLToPath(new URL('../..', import.meta.url))
      cpSync(join(dist, 'dist'), join(folder, 'dist'), { recursive: true })
      cpSync(join(dist, 'package.json'), join(folder, 'package.json'))
      await assert.rejects(import(pathToFileURL(join(folder, 'dist/index.js')).href), {
        code: 'FL0012',
        message: /Two copies of fearless/,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('the tests of this folder pass with the core as plain JavaScript', { timeout: 120_000 }, async () => {
    const files = ['spawn', 'handle', 'scope', 'thread-local'].map(name =>
      fileURLToPath(new URL(`${name}.test.ts`, import.meta.url)),
    )
    const child = spawn(process.execPath, ['--import', '@fearless/compiler/register', '--test', ...files], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, FEARLESS_CORE: 'js' },
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    const code = await new Promise(resolve => child.on('close', resolve))
    assert.equal(code, 0, output)
  })
}
