/**
 * The import graph of the repository's sources. An import of a type is an edge like any other, because a reader of a
 * file has to know the files that its types come from.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface Import {
  readonly specifier: string
  readonly line: number
}

interface Edge {
  readonly to: string
  readonly line: number
}

/** The imports of each file, by its path from the root. */
export type ImportGraph = ReadonlyMap<string, readonly Edge[]>

const SOURCES = ['packages/*/{src,test}/**/*.ts', '{scripts,bench,lessons,examples,runtimes,promise}/**/*.ts']
/** Programs that tests run or refuse. Some import each other in a circle on purpose. */
const PROGRAMS =
  /node_modules|\/dist\/|^packages\/\w+\/test\/(?:ui|expected|fixtures|programs|ordinary|library)\/|^(?:promise|runtimes)\/.+\//
/** The implementations of the platform. The package's manifest resolves `#platform` to one of them. */
const PLATFORMS = ['node', 'bun', 'deno'].map(name => `packages/fearless/src/platform/${name}.ts`)

const STATEMENT = /^(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?'([^']+)'/gm
/** `import('./x.ts')` as an expression or as a type. */
const CALL = /\bimport\('([^']+)'\)/g

export function importsOf(text: string): Import[] {
  return [...text.matchAll(STATEMENT), ...text.matchAll(CALL)].map(match => ({
    specifier: match[1],
    line: text.slice(0, match.index).split('\n').length,
  }))
}

export function readImportGraph(root: string): ImportGraph {
  const files = globSync(SOURCES, { cwd: root }).filter(file => !PROGRAMS.test(file))
  return importGraph(new Map(files.sort().map(file => [file, readFileSync(join(root, file), 'utf8')])))
}

/** Returns the graph of these files, from their texts by path. */
export function importGraph(texts: ReadonlyMap<string, string>): ImportGraph {
  const graph = new Map<string, Edge[]>()
  for (const [file, text] of texts) {
    const edges = importsOf(text).flatMap(({ specifier, line }) => targetsOf(file, specifier).map(to => ({ to, line })))
    graph.set(
      file,
      edges.filter(({ to }) => texts.has(to)),
    )
  }
  return graph
}

function targetsOf(file: string, specifier: string): readonly string[] {
  if (specifier === '#platform') return PLATFORMS
  return specifier.startsWith('.') ? [normalize(join(dirname(file), specifier))] : []
}

/** Returns a circle for each import that closes one: `a.ts:3 -> b.ts:1 -> a.ts`. */
export function importCircles(graph: ImportGraph): string[] {
  const circles: string[] = []
  const path: { readonly file: string; line: number }[] = []
  const visited = new Set<string>()
  const visit = (file: string): void => {
    visited.add(file)
    const here = { file, line: 0 }
    path.push(here)
    for (const { to, line } of graph.get(file) ?? []) {
      here.line = line
      const start = path.findIndex(step => step.file === to)
      if (start >= 0) circles.push([...path.slice(start).map(step => `${step.file}:${step.line}`), to].join(' -> '))
      else if (!visited.has(to)) visit(to)
    }
    path.pop()
  }
  for (const file of graph.keys()) if (!visited.has(file)) visit(file)
  return circles
}
