/**
 * What a file of the bundle shares with the others, as constants of its own.
 *
 * V8 compiles a module's own constants into the code that uses them. An import or an export it reads from a cell each
 * time, and looks whether it is there yet, and what it is; of a typed array then its length and its address too. So a
 * file's imports get other names on their line, and its own constants take their values; so do its exports on the last
 * line. Lines and columns of everything else stay.
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

function names(list: string): Name[] {
  return list.split(', ').map(name => {
    const [from, to = from] = name.split(' as ')
    return { from, to }
  })
}

/** The files of a bundle, none of which imports one that imports it. */
export function withConstants(files: readonly File[]): File[] {
  const varying = new Map(files.map(({ path, code }) => [path, varyingExports(code)]))
  return files.map(({ path, code }) => ({ path, code: ownExports(ownImports(path, code, varying)) }))
}

/** Variables that change: whoever imports them has to look each time. */
function varyingExports(code: string): Set<string> {
  return new Set(exportsOf(code).flatMap(({ from, to }) => (isVarying(code, from) ? [to] : [])))
}

const exportsOf = (code: string): Name[] =>
  names(EXPORT.exec(code)?.[1] ?? 'nothing').filter(({ from }) => from !== 'nothing')

function isVarying(code: string, name: string): boolean {
  const quoted = name.replaceAll('$', '\\$')
  return new RegExp(`^let ${quoted}(?![\\w$])`, 'm').test(code)
}

function ownImports(path: string, code: string, varying: ReadonlyMap<string, ReadonlySet<string>>): string {
  return code.replace(IMPORT, (line, list: string, specifier: string) => {
    const of = varying.get(new URL(specifier, `file://${path}`).pathname)
    if (of === undefined) throw new Error(`${path} imports ${specifier}, which is not in the bundle.`)
    const fixed = new Set(names(list).filter(({ from }) => !of.has(from)))
    const own = names(list).map(({ from, to }) => `${from} as ${of.has(from) ? to : `${to}$own`}`)
    const constants = [...fixed].map(({ to }) => `${to} = ${to}$own`)
    if (constants.length === 0) return line
    return `import { ${own.join(', ')} } from "${specifier}"; const ${constants.join(', ')};`
  })
}

function ownExports(code: string): string {
  return code.replace(/^var ([\w$]+) = class/gm, 'const $1=class').replace(EXPORT, (_line, list: string) => {
    const all = names(list)
    const constants = all.filter(({ from }) => !isVarying(code, from)).map(({ from }) => `${from}$out = ${from}`)
    const out = all.map(({ from, to }) => `${isVarying(code, from) ? from : `${from}$out`} as ${to}`)
    return `const ${[...new Set(constants)].join(', ')}; export { ${out.join(', ')} };`
  })
}
