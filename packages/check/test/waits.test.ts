/**
 * F1003 must know every function and method of the library whose result does nothing by itself. Types determine these.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Symbol, Type } from 'typescript-5.9'
import { packageOf } from './compilers.ts'
import { IDLE_MAKERS, WAITING, WAITS } from '../src/rules/unused.ts'

const ts = createRequire(import.meta.url)(packageOf('5.9')) as typeof import('typescript-5.9')
const index = fileURLToPath(import.meta.resolve('fearless')).replace(/\.js$/, '.d.ts')

interface Found {
  readonly methods: readonly string[]
  readonly functions: readonly string[]
  /** The functions and methods whose result is a class of `IDLE_MAKERS`, by that class. */
  readonly lazy: ReadonlyMap<string, ReadonlySet<string>>
}

function whatWaits(): Found {
  const program = ts.createProgram([index], {
    strict: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const methods = new Set<string>()
  const functions = new Set<string>()
  const lazy = new Map<string, Set<string>>([...IDLE_MAKERS.keys()].map(name => [name, new Set()]))

  const ownerOf = (property: Symbol): string | undefined => (property as Symbol & { parent?: Symbol }).parent?.name

  /**
   * Whether a function's result is a `Wait`. A handle does not count, because dropping it detaches its thread or task.
   */
  function waits(type: Type): boolean {
    const results = type.getCallSignatures().map(signature => signature.getReturnType())
    const found = results.filter(
      result =>
        ['try', 'wait', 'then'].every(name => result.getProperty(name) !== undefined) &&
        result.getProperty('join') === undefined,
    )
    for (const result of found) methods.add(`${ownerOf(result.getProperty('within')!)}.within`)
    return found.length > 0
  }

  function givesLazy(type: Type, path: string): void {
    for (const signature of type.getCallSignatures())
      lazy.get(signature.getReturnType().getSymbol()?.name ?? '')?.add(path)
  }

  function visit(symbol: Symbol, path: string): void {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    if (target.flags & ts.SymbolFlags.Module) {
      for (const inner of checker.getExportsOfModule(target)) visit(inner, `${symbol.name}.${inner.name}`)
    }
    if (target.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) {
      for (const property of checker.getDeclaredTypeOfSymbol(target).getProperties()) {
        const owner = ownerOf(property)
        if (owner === undefined || property.name.startsWith('__')) continue
        givesLazy(checker.getTypeOfSymbol(property), `${owner}.${property.name}`)
        if (waits(checker.getTypeOfSymbol(property))) methods.add(`${owner}.${property.name}`)
      }
    }
    if (target.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) {
      const type = checker.getTypeOfSymbol(target)
      givesLazy(type, path)
      if (waits(type)) functions.add(path)
      for (const property of type.getProperties()) {
        if (waits(checker.getTypeOfSymbol(property))) functions.add(`${path}.${property.name}`)
      }
    }
  }

  const file = program.getSourceFile(index)!
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(file)!)) visit(symbol, symbol.name)
  return { methods: [...methods].sort(), functions: [...functions].sort(), lazy }
}

const found = whatWaits()

test('F1003 knows exactly the functions and methods that return a Wait', { timeout: 60_000 }, () => {
  const { methods, functions } = found
  assert.ok(methods.length > 50, `only ${methods.length} methods were found`)
  assert.deepEqual([...WAITS].sort(), methods)
  assert.deepEqual([...WAITING].sort(), functions)
})

test('F1003 knows exactly the functions and methods whose result does nothing by itself', () => {
  for (const [name, makers] of IDLE_MAKERS) {
    // A closure has the type of its function.
    if (name !== 'closure') assert.deepEqual([...makers].sort(), [...found.lazy.get(name)!].sort(), name)
  }
})
