/**
 * Checks the layers: fails on an import of a higher layer, on a package that imports a higher package, and on files
 * that import each other in a circle, types included.
 *
 *   node scripts/layers.ts
 */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { importCircles, importsOf, readImportGraph, type Import } from './import-graph.ts'

const root = resolve(import.meta.dirname, '..')

/**
 * The layers, lowest first: a file may import its own layer and lower ones. No layer imports the model checker, the
 * last.
 */
const LAYERS = 'platform core memory wait sync channel thread par task waits index internal model'.split(' ')
/** Files below every layer: types, errors, descriptions of values, and the table for tools. */
const BASE = new Set(['describe', 'errors', 'globals', 'send', 'api'])
/** The library's interface as data, for the compiler and the checker. The runtime must not load it. */
const TOOLS_ONLY = 'api'
/** The only file of the checker that imports the table: its rules look names up in the sets that this file makes. */
const TABLE_OF_CHECKER = 'packages/check/src/api.ts'
/** The packages, lowest first: a package may import lower ones by name. */
const PACKAGES = ['fearless', '@fearless/compiler', '@fearless/check']
/** Modules that workers load late, and that no file imports: they may import every layer. */
const ENTRIES = new Set(['thread/pool/full-library.ts'])
/** The simulated platform imports the model checker, and exists only in its build. */
const SIMULATED = 'platform/simulated.ts'

const complaints: string[] = []
checkLayers(join(root, 'packages/fearless/src'))
checkPackages()
for (const circle of importCircles(readImportGraph(root))) complaints.push(`import circle: ${circle}`)
for (const complaint of complaints) console.error(complaint)
console.log(
  complaints.length === 0
    ? 'layers: every import looks down, and none closes a circle'
    : `layers: ${complaints.length} imports look up or close a circle`,
)
process.exitCode = complaints.length === 0 ? 0 : 1

function checkLayers(src: string): void {
  for (const file of sources(src)) {
    const from = layerOf(relative(src, file))
    for (const { specifier, line } of imports(file)) {
      const to =
        specifier === '#platform'
          ? 'platform'
          : specifier === 'fearless/api'
            ? TOOLS_ONLY
            : specifier.startsWith('.')
              ? layerOf(relative(src, join(dirname(file), specifier)))
              : undefined
      if (to === TOOLS_ONLY) complaints.push(`${relative(root, file)}:${line}: the runtime must not load ${specifier}`)
      if (to === undefined || BASE.has(to)) continue
      if (to === 'model' && relative(src, file) === SIMULATED) continue
      const up = BASE.has(from) || LAYERS.indexOf(to) > LAYERS.indexOf(from)
      if (!LAYERS.includes(to))
        complaints.push(`${relative(root, file)}:${line}: ${to} is not a layer. Add it to LAYERS in scripts/layers.ts`)
      else if (up && !ENTRIES.has(relative(src, file)))
        complaints.push(`${relative(root, file)}:${line}: ${from} must not import ${to} (${specifier})`)
    }
  }
}

function checkPackages(): void {
  for (const [i, name] of PACKAGES.entries()) {
    const src = join(root, 'packages', name.replace('@fearless/', ''), 'src')
    for (const file of sources(src)) {
      for (const { specifier, line } of imports(file)) {
        if (PACKAGES.slice(i + 1).some(above => specifier === above || specifier.startsWith(`${above}/`))) {
          complaints.push(`${relative(root, file)}:${line}: ${name} must not import ${specifier}`)
        }
        const path = relative(root, file).replaceAll('\\', '/')
        if (specifier === 'fearless/api' && name === '@fearless/check' && path !== TABLE_OF_CHECKER)
          complaints.push(`${path}:${line}: import ${specifier} through ${TABLE_OF_CHECKER}`)
      }
    }
  }
}

function layerOf(path: string): string {
  return path.includes('/') ? path.split('/')[0] : path.replace(/\.ts$/, '')
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      file =>
        file.endsWith('.ts') &&
        !/\.(test|bench|model|simulated|refused|fixture|generated)\.ts$/.test(file) &&
        !file.includes('fixtures'),
    )
    .map(file => join(folder, file))
}

function imports(file: string): Import[] {
  return importsOf(readFileSync(file, 'utf8'))
}
