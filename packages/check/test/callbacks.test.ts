/**
 * Every function and method of the library that takes a function has a policy for a promise as its result: it waits for
 * the promise or returns it, or types and run time refuse it. The test finds these functions by their types, so that
 * none can be left out.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Symbol, Type } from 'typescript-5.9'
import { packageOf, tsc } from './compilers.ts'
import { ScratchProject } from './scratch.ts'

const ts = createRequire(import.meta.url)(packageOf('5.9')) as typeof import('typescript-5.9')
const index = fileURLToPath(import.meta.resolve('fearless')).replace(/\.js$/, '.d.ts')
const limit = { timeout: 120_000 }

/** The functions that wait for a promise, return it, or report its error. */
const WAITS = new Set(
  `thread.spawn thread.scope task.spawn task.scope timeout Builder.spawn Builder.spawnScoped ThreadPool.run PoolBuilder.run Scope.spawn TaskScope.spawn JoinSet.spawn move closure
   Wait.then Wait.catch Wait.finally JoinHandle.then JoinHandle.catch JoinHandle.finally TaskHandle.then TaskHandle.catch
   TaskHandle.finally thread.onPanic threadLocal ThreadLocal.with`.split(/\s+/),
)

/** The functions that refuse a promise, with calls in which `$` is the function. */
const REFUSES: Readonly<Record<string, readonly string[]>> = {
  'Arc.newCyclic': ['Arc.newCyclic($)'],
  'AtomicI8.fetchUpdate': ['new AtomicI8(1).fetchUpdate($)'],
  'AtomicI16.fetchUpdate': ['new AtomicI16(1).fetchUpdate($)'],
  'AtomicI32.fetchUpdate': ['new AtomicI32(1).fetchUpdate($)'],
  'AtomicI64.fetchUpdate': ['new AtomicI64(1n).fetchUpdate($)'],
  'AtomicU8.fetchUpdate': ['new AtomicU8(1).fetchUpdate($)'],
  'AtomicU16.fetchUpdate': ['new AtomicU16(1).fetchUpdate($)'],
  'AtomicU32.fetchUpdate': ['new AtomicU32(1).fetchUpdate($)'],
  'AtomicU64.fetchUpdate': ['new AtomicU64(1n).fetchUpdate($)'],
  'AtomicBool.fetchUpdate': ['new AtomicBool(true).fetchUpdate($)'],
  'AtomicF64.fetchUpdate': ['new AtomicF64(1).fetchUpdate($)'],
  'ConcurrentMap.getOrInsert': [`new ConcurrentMap<string, number>().getOrInsert('a', $)`],
  'ConcurrentMap.update': [`new ConcurrentMap<string, number>().update('a', $)`],
  'Condvar.until': ['new Condvar().until(new Mutex(1).lock().wait(), $)'],
  'FrozenVec.with': ['vec.f64(1).freeze().with($)'],
  LazyLock: ['new LazyLock($).force()'],
  'Mutex.update': ['new Mutex(1).update($)'],
  'Mutex.with': ['new Mutex(1).with($)'],
  'Once.callOnce': ['new Once().callOnce($)'],
  'Once.callOnceForce': ['new Once().callOnceForce($)'],
  'OnceLock.getOrInit': ['new OnceLock<number>().getOrInit($)'],
  'RwLock.update': ['new RwLock(1).update($)'],
  'RwLock.with': ['new RwLock(1).with($)'],
  'Vec.with': ['vec.f64(1).with($)'],
  'WatchSender.sendIfModified': ['watch.channel({ n: 1 })[0].sendIfModified($)'],
  'WatchReceiver.waitFor': ['watch.channel(1)[1].waitFor($)'],
  'ParIter.all': ['parIter([1]).all($)'],
  'ParIter.any': ['parIter([1]).any($)'],
  'ParIter.filter': ['parIter([1]).filter($).collect()'],
  'ParIter.find': ['parIter([1]).find($)'],
  'ParIter.findAny': ['parIter([1]).findAny($)'],
  'ParIter.flatMap': ['parIter([1]).flatMap($).collect()'],
  'ParIter.fold': ['parIter([1]).fold(0, $).collect()', 'parIter([1]).fold($, (a: number) => a).collect()'],
  'ParIter.forEach': ['parIter([1]).forEach($)'],
  'ParIter.inspect': ['parIter([1]).inspect($).collect()'],
  'ParIter.map': ['parIter([1]).map($).collect()'],
  'ParIter.maxBy': ['parIter([1, 2]).maxBy($)'],
  'ParIter.minBy': ['parIter([1, 2]).minBy($)'],
  'ParIter.reduce': ['parIter([1, 2]).reduce(0, $)', 'parIter([1]).reduce($, (a: number) => a)'],
  'par.join': ['par.join($, () => 1)', 'par.join(() => 1, $)'],
}

/** Returns the public functions and methods that take a function. */
function takersOfFunctions(): string[] {
  const program = ts.createProgram([index], {
    strict: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const found = new Set<string>()

  const isFunction = (type: Type): boolean =>
    type.isUnionOrIntersection() ? type.types.some(isFunction) : type.getCallSignatures().length > 0

  const parentOf = (property: Symbol): Symbol | undefined => (property as Symbol & { parent?: Symbol }).parent

  function look(type: Type, path: string): void {
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()])
      if (signature.getParameters().some(each => isFunction(checker.getTypeOfSymbol(each)))) found.add(path)
  }

  function visit(symbol: Symbol, path: string): void {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    if (target.name.endsWith('Error')) return
    if (target.flags & ts.SymbolFlags.Module)
      for (const inner of checker.getExportsOfModule(target)) visit(inner, `${symbol.name}.${inner.name}`)
    if (target.flags & ts.SymbolFlags.Class) {
      const made = checker.getTypeOfSymbol(target)
      look(made, target.name)
      // Inherited statics are internal.
      for (const property of made.getProperties()) if (parentOf(property) === target) own(property, target.name)
    }
    if (target.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))
      for (const property of checker.getDeclaredTypeOfSymbol(target).getProperties()) own(property, target.name)
    else if (target.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) {
      const type = checker.getTypeOfSymbol(target)
      look(type, path)
      for (const property of type.getProperties()) own(property, path)
    }
  }

  function own(property: Symbol, owner: string): void {
    const isInternal =
      property.name.startsWith('__') ||
      property.getJsDocTags(checker).some(({ name }) => name === 'internal') ||
      !property.declarations?.some(each => /\/fearless\//.test(each.getSourceFile().fileName))
    if (!isInternal) look(checker.getTypeOfSymbol(property), `${owner}.${property.name}`)
  }

  const file = program.getSourceFile(index)!
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(file)!)) visit(symbol, symbol.name)
  return [...found].sort()
}

test('every function that takes a function is listed as waiting for a promise or as refusing it', limit, () => {
  assert.deepEqual([...WAITS, ...Object.keys(REFUSES)].sort(), takersOfFunctions())
})

const calls = Object.entries(REFUSES).flatMap(([name, forms]) => forms.map(form => ({ name, form })))
const names = [...new Set(calls.flatMap(({ form }) => form.match(/\b(?:[A-Z]\w+|par|parIter|vec|watch)\b/g) ?? []))]
const HEAD = `import { ${names.join(', ')} } from 'fearless'\n`
const FUNCTIONS = {
  async: 'async () => 1',
  promise: '() => Promise.resolve(1)',
  none: 'async () => {}',
  generator: 'function* () { yield 1 }',
  asyncGenerator: 'async function* () { yield 1 }',
}
/** The functions whose function may run in other threads. */
const CROSSES = /^(?:ParIter|par|LazyLock)\b/
/** The results that a cast hides from the types. */
const CAST = { ...FUNCTIONS, thenable: '() => ({ then() {} })' }

test('the types refuse every function that returns a promise or a generator', limit, () => {
  const lines = calls.flatMap(({ name, form }) =>
    Object.values(FUNCTIONS).map(f => ({ name, text: `void ${form.replace('$', f)}` })),
  )
  using scratch = new ScratchProject({ 'a.ts': `${HEAD}${lines.map(({ text }) => text).join('\n')}\n` })
  const refused = new Set(
    [...tsc('7.0', scratch.path).matchAll(/a\.ts\((\d+),\d+\): error TS2/g)].map(([, n]) => Number(n)),
  )
  assert.deepEqual(
    lines.filter((_, at) => !refused.has(at + 2)).map(({ text }) => text),
    [],
  )
})

test('the run time refuses every function whose result runs later with a typed error', limit, () => {
  const program = calls
    .flatMap(({ name, form }) =>
      Object.entries(CAST).flatMap(([kind, f]) => {
        // The compiler refuses a generator that crosses, before the program runs.
        if (f.includes('function*') && CROSSES.test(name)) return []
        const [call, what] = [form.replace('$', `(${f}) as any`), JSON.stringify(`${name}, ${kind}`)]
        return `try { told(${what}, await (${call})) } catch (error) { refused(${what}, error) }\n`
      }),
    )
    .join('')
  const report = `
const told = (name: string, value: unknown): void => console.log(name, 'gave', String(value))
const refused = (name: string, error: any): void => {
  const code = error.code ?? error.cause?.code
  if (!/^FL\\d{4}$/.test(code)) console.log(name, 'threw', String(error))
}
process.on('unhandledRejection', error => console.log('unhandled', String(error)))
`
  using scratch = new ScratchProject({ 'a.ts': HEAD + report + program })
  const register = fileURLToPath(import.meta.resolve('@fearless/compiler/register'))
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', register, scratch.at('a.ts')], {
    cwd: scratch.path,
    encoding: 'utf8',
    env: { ...process.env, FEARLESS_WALLS: 'on' },
    timeout: 60_000,
  })
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '' }, stderr)
})
