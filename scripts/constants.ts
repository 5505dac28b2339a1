/**
 * Turns the bindings that a bundled file shares with other files into constants of its own.
 *
 * V8 compiles a module's own constants into the code that uses them. It reads an import or an export from a cell on
 * each use, and checks its initialisation and type; for a typed array it also reads length and address. So the imports
 * of a file get other names on their line, and constants of the file take their values; its exports are treated the
 * same way on the last line. All other lines and columns stay. A free lock by `using` in a loop: 31 -> 26 ns, of which
 * the lock itself takes 19 (sync/mutex.bench.ts).
 */
const IMPORT = /^import \{ (.+) \} from "(\.[^"]+)";$/gm
const EXPORT = /^export \{ (.+) \};$/m

export interface File {
  readonly path: string
  readonly code: string
}

interface Name {
  readonly from: string
  readonly to: string
}

/** Rewrites the files of a bundle, whose imports must have no cycle. */
export function withConstants(files: readonly File[]): File[] {
  const varying = new Map(files.map(({ path, code }) => [path, varyingExports(code)]))
  return files.map(({ path, code }) => ({ path, code: ownExports(ownImports(path, code, varying)) }))
}

function namesOf(list: string): Name[] {
  return list.split(', ').map(name => {
    const [from, to = from] = name.split(' as ')
    return { from, to }
  })
}

/** The exported variables that change, so that an importing file must read them on each use. */
function varyingExports(code: string): Set<string> {
  const list = EXPORT.exec(code)?.[1]
  if (list === undefined) return new Set()
  return new Set(namesOf(list).flatMap(({ from, to }) => (isVarying(code, from) ? [to] : [])))
}

function isVarying(code: string, name: string): boolean {
  return new RegExp(`^let ${name.replaceAll('$', '\\$')}(?![\\w$])`, 'm').test(code)
}

function ownImports(path: string, code: string, varying: ReadonlyMap<string, ReadonlySet<string>>): string {
  return code.replace(IMPORT, (line, list: string, specifier: string) => {
    const changing = varying.get(new URL(specifier, `file://${path}`).pathname)
    if (changing === undefined) throw new Error(`${path} imports ${specifier}, which is not in the bundle.`)
    const names = namesOf(list)
    const constants = names.filter(({ from }) => !changing.has(from)).map(({ to }) => `${to} = ${to}$own`)
    if (constants.length === 0) return line
    const imports = names.map(({ from, to }) => `${from} as ${changing.has(from) ? to : `${to}$own`}`)
    return `import { ${imports.join(', ')} } from "${specifier}"; const ${constants.join(', ')};`
  })
}

/** Makes constants of the exports, also of classes, which the bundler declares with `var`. */
function ownExports(code: string): string {
  return code.replace(/^var ([\w$]+) = class/gm, 'const $1=class').replace(EXPORT, (_line, list: string) => {
    const names = namesOf(list)
    const constants = new Set(
      names.filter(({ from }) => !isVarying(code, from)).map(({ from }) => `${from}$out = ${from}`),
    )
    const exports = names.map(({ from, to }) => `${isVarying(code, from) ? from : `${from}$out`} as ${to}`)
    return `const ${[...constants].join(', ')}; export { ${exports.join(', ')} };`
  })
}
