/**
 * Checks every file of a project, including files that do not mention the library. `fearless check` skips these, so
 * only this tool shows the findings of the rules in ordinary code.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Checker } from '../../src/check.ts'
import { Overlay } from '../../src/host/overlay.ts'
import { TypeScript7 } from '../../src/host/ts7.ts'
import { FileInfo } from '../../src/file-info.ts'
import type { Diagnostic } from '../../src/report/diagnostic.ts'
import { LockOrders } from '../../src/rules/lock-orders.ts'
import { isSource, parse } from '../../src/syntax/parse.ts'

export interface Looked {
  readonly files: number
  readonly lines: number
  readonly diagnostics: readonly Diagnostic[]
}

export function checkAll(config: string): Looked {
  const overlays = new Map<string, Overlay>()
  const compiler = new TypeScript7(dirname(config), {
    textOf: path => overlays.get(path)?.text,
    overlayOf: path => overlays.get(path),
  })
  try {
    const models = new Map<string, FileInfo>()
    let lines = 0
    for (const path of compiler.filesOf(config)) {
      if (!isSource(path)) continue
      const parsed = parse(path, readFileSync(path, 'utf8'))
      if (!('program' in parsed)) continue
      const model = new FileInfo(path, parsed)
      models.set(path, model)
      overlays.set(path, Overlay.for(model))
      lines += parsed.text.split('\n').length
    }
    const host = compiler.open(config)
    for (const [path, file] of models) file.learn(host.ask(path, file.questions()))
    const checker = new Checker(
      new LockOrders(),
      path => models.get(path),
      path => models.get(path),
    )
    const looked = [...models.values()]
    const found = looked.map(file => checker.check({ file, complaints: host.complaints(file.path), page: false }))
    const diagnostics = [...found.flat(), ...looked.flatMap(file => checker.cyclesAt(file))]
    return { files: models.size, lines, diagnostics }
  } finally {
    compiler.close()
  }
}

export const described = ({ file, code, message }: Diagnostic): string => `${file}: ${code} ${message}`
