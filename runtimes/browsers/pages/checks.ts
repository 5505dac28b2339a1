// The checks that only pages need, by name. Each returns JSON for browsers.test.ts.
import { AtomicI32, move, mpsc, parIter, sleep, thread } from 'fearless'

export const checks: Readonly<Record<string, (() => Promise<unknown>) | undefined>> = {
  async spawns() {
    return { lines: [await thread.spawn(() => 'ran')] }
  },

  /** The errors of joins of threads that are spawned before and after the failure, one with a worker of its own. */
  async joins() {
    const errorOf = (join: PromiseLike<unknown>): Promise<string> =>
      Promise.resolve(join).then(
        () => 'no error',
        (error: unknown) =>
          `${(error as { code?: string }).code ?? (error as Error).name}: ${(error as Error).message}`,
      )
    const spawn = (): Promise<string> => errorOf(thread.spawn(() => 'ran'))
    const dedicated = errorOf(thread.builder({ stackSizeMb: 1 }).spawn(() => 'ran'))
    const early = await Promise.all([spawn(), spawn(), dedicated])
    return [...early, await spawn()]
  },

  /** Threads, channels, parallel loops and decoded objects, and the violations of the page's policy. */
  async works() {
    const violations: string[] = []
    document.addEventListener('securitypolicyviolation', ({ blockedURI }) => violations.push(blockedURI))
    const sum = await parIter(Array.from({ length: 1000 }, (_, i) => i))
      .map(x => x)
      .sum()
    const [tx, rx] = mpsc.channel<{ word: string }>()
    void thread.spawn(move(() => ['a', 'b'].forEach(word => tx.send({ word }))))
    const words: string[] = []
    for await (const { word } of rx) words.push(word)
    await sleep(50)
    let core = 'wasm'
    try {
      void new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])))
    } catch {
      core = 'js'
    }
    return { core, sum, words, evaluated: violations.filter(uri => uri !== 'wasm-eval') }
  },

  async panics() {
    const error = await thread
      .spawn(() => {
        throw new RangeError('from a thread')
      })
      .catch((error: unknown) => error as Error)
    return { message: (error as Error).message, stack: (error as Error).stack }
  },

  /**
   * The longest pause of the page while a thread computes and while a thread sends messages, and the median time of a
   * wake-up, in milliseconds.
   */
  async responsive() {
    const busy = await longestPause(() =>
      thread
        .spawn(() => {
          const end = performance.now() + 2000
          while (performance.now() < end);
        })
        .then(() => {}),
    )
    let received = 0
    const own = await longestPause(async () => {
      const [tx, rx] = mpsc.channel<number>()
      void thread.spawn(
        move(() => {
          for (let i = 0; i < 1_000_000; i++) tx.send(i)
        }),
      )
      for await (const _ of rx) received++
    })
    const waits: number[] = []
    for (let i = 0; i < 20; i++) {
      const [tx, rx] = mpsc.channel<number>()
      void thread.spawn(
        move(() => {
          sleep(20).wait()
          tx.send(performance.timeOrigin + performance.now())
        }),
      )
      const sent = await rx.recv()
      waits.push(performance.timeOrigin + performance.now() - sent)
    }
    waits.sort((a, b) => a - b)
    return { busy, own, received, wake: waits[10] }
  },

  async deaths() {
    const closed = await thread
      .spawn(async () => {
        close()
        await new Promise<void>(() => {})
      })
      .catch((error: unknown) => error as Error)
    const controller = new AbortController()
    const started = new AtomicI32(0)
    const hanging = thread
      .pool({ threads: 1 })
      .builder({ signal: controller.signal })
      .run(
        move(() => {
          started.store(1)
          for (;;);
        }),
      )
    while (started.load() === 0) await thread.yieldNow()
    controller.abort()
    const aborted = await hanging.catch((error: unknown) => error as Error)
    const { name, message } = closed as Error
    return [
      `${name} ${/it called close\(\)/.exec(message)?.[0] ?? message}`,
      (aborted as Error).name,
      await thread.spawn(() => 'still here'),
    ]
  },

  /** The outcome of a shared worker that loads the library. */
  shared() {
    const { port } = new SharedWorker(new URL('./shared.ts', import.meta.url), { type: 'module' })
    return new Promise(done => {
      port.addEventListener('message', ({ data }) => done(data))
      port.start()
    })
  },

  /** The names of values of the platform, each with the outcome of a send. */
  async values() {
    const outcomes: [name: string, outcome: string][] = []
    for (const [name, make] of Object.entries(VALUES)) {
      const [tx] = mpsc.channel<object>()
      try {
        const value = await make()
        try {
          tx.send(value as never)
          outcomes.push([name, 'sent'])
        } catch (error) {
          outcomes.push([
            name,
            `refused: ${(error as Error).message.replace(/^[^]*? cannot be sent between threads\. /, '')}`,
          ])
        }
      } catch (error) {
        outcomes.push([name, `cannot be created: ${String(error)}`])
      }
    }
    return outcomes
  },
}

const VALUES: Readonly<Record<string, () => object | Promise<object>>> = {
  'an element': () => document.createElement('p'),
  'a `Document`': () => document,
  'a `NodeList`': () => document.querySelectorAll('p'),
  'the `Window`': () => window,
  'an `Event`': () => new Event('click'),
  'a canvas': () => document.createElement('canvas'),
  'an `OffscreenCanvas`': () => new OffscreenCanvas(1, 1),
  'an `ImageBitmap`': () => createImageBitmap(new ImageData(1, 1)),
  'an `ImageData`': () => new ImageData(1, 1),
  'a `DOMRect`': () => new DOMRect(),
  'a `MessagePort`': () => new MessageChannel().port1,
  'a `ReadableStream`': () => new ReadableStream(),
  'a `WritableStream`': () => new WritableStream(),
  'a `TransformStream`': () => new TransformStream(),
  'a `Blob`': () => new Blob(['text']),
  'a `File`': () => new File(['text'], 'name.txt'),
  'a `Response`': () => new Response('text'),
  'a `WebAssembly.Module`': () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
  'a `CryptoKey`': () => crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']),
  'a `WebSocket`': () => new WebSocket('ws://localhost:1'),
  'a `Worker`': () => new Worker('data:,'),
}

/** Returns the longest time between two turns of the page's timer of the page while `work` runs. */
async function longestPause(work: () => Promise<void>): Promise<number> {
  let longest = 0
  let last = performance.now()
  // A timer stands for a frame, because a page that is not shown has no frames.
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }, 4)
  await work()
  clearInterval(timer)
  return longest
}
