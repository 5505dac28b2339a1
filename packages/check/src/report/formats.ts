/** The output formats of diagnostics: text, JSON, and the formats of services that show them beside the code. */
import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Lines } from '@fearless/compiler/analysis'
import { pageOf, titleOf } from '../explain.ts'
import type { Diagnostic, Label } from './diagnostic.ts'
import { formatFrame, type Colours } from '@fearless/compiler/analysis'

export const FORMATS = ['text', 'json', 'sarif', 'github'] as const
export type Format = (typeof FORMATS)[number]

export interface Sources {
  readonly folder: string
  linesOf(file: string): Lines
}

export function formatted(format: Format, found: readonly Diagnostic[], sources: Sources, paint: Colours): string {
  switch (format) {
    case 'text':
      return found.map(each => `${text(each, sources, paint)}\n\n`).join('')
    case 'json':
      return `${JSON.stringify(
        found.map(each => json(each, sources)),
        null,
        2,
      )}\n`
    case 'sarif':
      return `${JSON.stringify(sarif(found, sources), null, 2)}\n`
    case 'github':
      return found.map(each => github(each, sources)).join('')
  }
}

const shown = (file: string, { folder }: Sources): string => relative(folder, file).replaceAll('\\', '/') || file

function text(diagnostic: Diagnostic, sources: Sources, paint: Colours): string {
  return formatFrame(diagnostic, file => ({ lines: sources.linesOf(file), shown: shown(file, sources) }), paint)
}

function place(at: { start: number; end: number; file?: string }, file: string, sources: Sources) {
  const path = at.file ?? file
  const lines = sources.linesOf(path)
  return { file: shown(path, sources), start: lines.at(at.start), end: lines.at(at.end) }
}

function json({ code, severity, message, file, at, also, notes, help }: Diagnostic, sources: Sources) {
  const label = (each: Label) => ({ ...place(each, file, sources), label: each.label })
  return {
    code,
    severity,
    message,
    ...label(at),
    also: also.map(label),
    notes,
    ...(help && {
      help: {
        text: help.text,
        edits: (help.edits ?? []).map(edit => ({ ...place(edit, file, sources), text: edit.text })),
      },
    }),
  }
}

/** Formats diagnostics as SARIF 2.1.0. */
function sarif(found: readonly Diagnostic[], sources: Sources) {
  const codes = [...new Set(found.map(({ code }) => code))].sort()
  const location = (at: Label, file: string) => {
    const { file: uri, start, end } = place(at, file, sources)
    return {
      physicalLocation: {
        artifactLocation: { uri, uriBaseId: 'PROJECT' },
        region: { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column },
      },
    }
  }
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'fearless',
            rules: codes.map(id => ({
              id,
              shortDescription: { text: titleOf(id) ?? id },
              help: { text: pageOf(id) ?? id },
            })),
          },
        },
        originalUriBaseIds: { PROJECT: { uri: `${pathToFileURL(sources.folder).href.replace(/\/$/, '')}/` } },
        columnKind: 'utf16CodeUnits',
        results: found.map(({ code, severity, message, file, at, also, notes, help }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity,
          message: { text: [message, ...notes, ...(help ? [`help: ${help.text}`] : [])].join('\n') },
          locations: [location(at, file)],
          relatedLocations: also.map((label, id) => ({ id, ...location(label, file), message: { text: label.label } })),
          ...(help?.edits && {
            fixes: [
              {
                description: { text: help.text },
                artifactChanges: [
                  {
                    artifactLocation: { uri: shown(file, sources), uriBaseId: 'PROJECT' },
                    replacements: help.edits.map(edit => ({
                      deletedRegion: location({ ...edit, label: '' }, file).physicalLocation.region,
                      insertedContent: { text: edit.text },
                    })),
                  },
                ],
              },
            ],
          }),
        })),
      },
    ],
  }
}

/** Formats a diagnostic as a workflow command, which GitHub shows at the lines of a pull request. */
function github({ code, severity, message, file, at, notes, help }: Diagnostic, sources: Sources): string {
  const { file: path, start, end } = place(at, file, sources)
  const data = (value: string): string => value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const property = (value: string): string => data(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const body = [message, at.label, ...notes.map(note => `note: ${note}`), ...(help ? [`help: ${help.text}`] : [])]
  const where = `file=${property(path)},line=${start.line},endLine=${end.line},col=${start.column},endColumn=${end.column}`
  return `::${severity} ${where},title=${property(code)}::${data(body.filter(line => line !== '').join('\n'))}\n`
}
