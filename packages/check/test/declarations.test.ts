/**
 * Tests the built declarations, which editors show as completions.
 *
 * No file reachable from `index.d.ts` contains `any`, which would accept every value, nor an internal member, because
 * `stripInternal` removes the marked ones.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VERSIONS, packageOf, refusals, tsc } from './compilers.ts'
import { ScratchProject, TSCONFIG } from './scratch.ts'

const limit = { timeout: 120_000 }
const ts = createRequire(import.meta.url)(packageOf('5.9')) as typeof import('typescript-5.9')
const index = fileURLToPath(import.meta.resolve('fearless')).replace(/\.js$/, '.d.ts')

/** Returns all declaration files of the package that are reachable from `index.d.ts`. */
function declarations(): Map<string, string> {
  const found = new Map<string, string>()
  const left = [index]
  for (const file of left) {
    if (found.has(file)) continue
    const text = readFileSync(file, 'utf8')
    found.set(file, text)
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (!fileName.startsWith('.')) continue
      left.push(fileURLToPath(new URL(fileName.replace(/\.[jt]s$/, '.d.ts'), `file://${file}`)))
    }
  }
  return found
}

test('no declaration contains any', limit, () => {
  const said: string[] = []
  for (const [file, text] of declarations()) {
    // The platform defines the parameters of its interface.
    if (file.endsWith('/globals.d.ts')) continue
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
    const visit = (node: import('typescript-5.9').Node): void => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) said.push(`${file}: ${node.parent.getText()}`)
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  assert.deepEqual(said, [])
})

for (const version of VERSIONS) {
  test(`a program without the types of DOM and Node compiles against all declarations on ${version}`, limit, () => {
    const compilerOptions = {
      target: 'esnext',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      lib: ['esnext'],
      types: [],
    }
    const program = `import { mpsc, move, sleep, thread } from 'fearless'
      const [tx, rx] = mpsc.channel<number>()
      const pool = thread.pool({ threads: 1 })
      const sum: number = await pool.run((n: number) => n + 1, 1)
      thread.spawn(move(() => tx.send(sum)))
      for await (const n of rx) await sleep(n)`
    using project = new ScratchProject({ 'app.ts': program }, { tsconfig: { compilerOptions, files: ['app.ts'] } })
    assert.equal(tsc(version, project.path), '')
  })
}

test('no declaration shows an internal member', limit, () => {
  const files = declarations()
  assert.ok(files.size > 10, `${files.size} files`)
  assert.deepEqual(
    [...files].filter(([, text]) => text.includes('@internal')).map(([file]) => file),
    [],
  )
})

/** The completions of each class, without symbols. */
const members: Record<string, string[]> = {
  ArcMut: ['value'],
  ArrayQueue: ['capacity', 'forcePush', 'isEmpty', 'isFull', 'length', 'pop', 'push'],
  AtomicBool: [
    'compareExchange',
    'fetchAnd',
    'fetchNand',
    'fetchNot',
    'fetchOr',
    'fetchUpdate',
    'fetchXor',
    'load',
    'store',
    'swap',
  ],
  AtomicF64: [
    'compareExchange',
    'fetchAdd',
    'fetchMax',
    'fetchMin',
    'fetchSub',
    'fetchUpdate',
    'load',
    'store',
    'swap',
  ],
  AtomicI32: [
    'compareExchange',
    'fetchAdd',
    'fetchAnd',
    'fetchMax',
    'fetchMin',
    'fetchNand',
    'fetchOr',
    'fetchSub',
    'fetchUpdate',
    'fetchXor',
    'load',
    'store',
    'swap',
  ],
  AtomicI64: [
    'compareExchange',
    'fetchAdd',
    'fetchAnd',
    'fetchMax',
    'fetchMin',
    'fetchNand',
    'fetchOr',
    'fetchSub',
    'fetchUpdate',
    'fetchXor',
    'load',
    'store',
    'swap',
  ],
  AtomicU8: [
    'compareExchange',
    'fetchAdd',
    'fetchAnd',
    'fetchMax',
    'fetchMin',
    'fetchNand',
    'fetchOr',
    'fetchSub',
    'fetchUpdate',
    'fetchXor',
    'load',
    'store',
    'swap',
  ],
  Barrier: ['arrive'],
  BroadcastReceiver: ['capacity', 'isClosed', 'length', 'recv', 'resubscribe', 'stream', 'tryIter'],
  BroadcastSender: ['clone', 'receivers', 'sameChannel', 'send', 'subscribe'],
  Builder: ['spawn', 'spawnScoped'],
  PoolBuilder: ['run'],
  ThreadPool: ['builder', 'finished', 'queued', 'run', 'running', 'threads'],
  ConcurrentMap: ['clear', 'entries', 'get', 'getOrInsert', 'has', 'remove', 'set', 'size', 'update'],
  Condvar: ['notifyAll', 'notifyOne', 'until'],
  FrozenVec: ['get', 'length', 'toArray', 'with'],
  Guard: ['value'],
  JoinHandle: ['catch', 'finally', 'isFinished', 'join', 'then', 'thread', 'try', 'tryResult', 'wait', 'within'],
  LazyLock: ['force', 'get'],
  Mutex: ['clearPoison', 'getMut', 'intoInner', 'isLocked', 'isPoisoned', 'lock', 'update', 'with'],
  Once: ['callOnce', 'callOnceForce', 'completed', 'isCompleted'],
  OnceLock: ['filled', 'get', 'getOrInit', 'set'],
  OneshotReceiver: ['close', 'isClosed', 'recv'],
  OneshotSender: ['closed', 'isClosed', 'send'],
  ReadGuard: ['value'],
  Receiver: ['capacity', 'close', 'isClosed', 'isEmpty', 'isFull', 'length', 'recv', 'recvMany', 'stream', 'tryIter'],
  ReentrantGuard: ['value'],
  ReentrantMutex: ['isLocked', 'lock'],
  RwLock: [
    'clearPoison',
    'getMut',
    'intoInner',
    'isLocked',
    'isLockedExclusive',
    'isPoisoned',
    'read',
    'update',
    'upgradableRead',
    'with',
    'write',
  ],
  Scope: ['spawn'],
  SegQueue: ['isEmpty', 'length', 'pop', 'push'],
  Semaphore: ['acquire', 'addPermits', 'availablePermits', 'close', 'isClosed'],
  SemaphorePermit: ['forget', 'merge', 'permits', 'split'],
  SendPermit: ['send'],
  Sender: [
    'clone',
    'closed',
    'downgrade',
    'isClosed',
    'isEmpty',
    'length',
    'sameChannel',
    'send',
    'sendAll',
    'strongCount',
    'weakCount',
  ],
  SharedReceiver: [
    'capacity',
    'clone',
    'isClosed',
    'isEmpty',
    'isFull',
    'length',
    'recv',
    'recvMany',
    'sameChannel',
    'stream',
    'tryIter',
  ],
  SyncSender: [
    'capacity',
    'clone',
    'closed',
    'downgrade',
    'isClosed',
    'isEmpty',
    'isFull',
    'length',
    'reserve',
    'reserveMany',
    'sameChannel',
    'send',
    'sendAll',
    'strongCount',
    'weakCount',
  ],
  TaskHandle: ['abort', 'catch', 'finally', 'isFinished', 'join', 'then', 'try', 'tryResult', 'wait', 'within'],
  TaskScope: ['cancel', 'signal', 'spawn'],
  Thread: ['id', 'name', 'unpark'],
  ThreadLocal: ['replace', 'take', 'value', 'with'],
  Timer: ['recv'],
  UpgradableGuard: ['downgrade', 'upgrade', 'value'],
  Vec: ['freeze', 'get', 'length', 'set', 'toArray', 'with'],
  Wait: ['catch', 'finally', 'then', 'try', 'tryResult', 'wait', 'within'],
  WaitGroup: ['clone', 'finished'],
  WatchReceiver: [
    'borrow',
    'borrowAndUpdate',
    'changed',
    'clone',
    'hasChanged',
    'isClosed',
    'markChanged',
    'sameChannel',
    'waitFor',
  ],
  WatchSender: ['borrow', 'closed', 'receivers', 'send', 'sendIfModified', 'sendReplace', 'subscribe'],
  Weak: ['upgrade'],
  WeakSender: ['clone', 'upgrade'],
  WriteGuard: ['downgrade', 'value'],
}

test('the completions of each class are its public members', limit, () => {
  const module = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
  const lib = ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts']
  const program = ts.createProgram([index], { ...module, lib, target: ts.ScriptTarget.ES2022, strict: true })
  const checker = program.getTypeChecker()
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)!)!)
  const offered: Record<string, string[]> = {}
  for (const symbol of exported) {
    if (!(symbol.name in members)) continue
    const type = checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(symbol))
    const names = checker.getPropertiesOfType(type).map(({ name }) => name)
    offered[symbol.name] = names.filter(name => /^[a-z]/i.test(name)).sort()
  }
  assert.deepEqual(offered, members)
})

// Users without `skipLibCheck` compile the declarations too.
for (const version of VERSIONS) {
  test(`TypeScript ${version} finds no error in the declarations`, limit, () => {
    const compilerOptions = { ...TSCONFIG.compilerOptions, skipLibCheck: false, noUnusedLocals: true }
    using project = new ScratchProject({}, { tsconfig: { ...TSCONFIG, compilerOptions, include: [], files: [index] } })
    assert.deepEqual(refusals(tsc(version, project.path, '--rewriteRelativeImportExtensions', 'false')), [])
  })
}
