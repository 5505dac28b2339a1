/**
 * The language server, `fearless lsp`: diagnostics while the user types, their fixes, and hovers that name a value's
 * owner.
 *
 * The server keeps one project per `tsconfig.json`, with the editor's texts in place of the files. It answers a change
 * once the editor pauses. A file that cannot be checked gets a diagnostic that says so, and the server continues.
 */
import { existsSync } from 'node:fs'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { dirname } from 'node:path'
import {
  CodeActionKind,
  DiagnosticSeverity,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  MarkupKind,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocumentSyncKind,
  TextDocuments,
  createConnection,
  type CodeAction,
  type Connection,
  type Diagnostic as Shown,
  type FileEvent,
  type Range,
} from 'vscode-languageserver/node.js'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { findConfig } from '@fearless/compiler/analysis'
import { Project } from '../project.ts'
import type { Diagnostic } from '../report/diagnostic.ts'
import { hoverAt } from './hover.ts'

/** The files that a project consists of. */
const WATCHED = '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,json}'

/** Serves a client. Resolves when the client exits or disconnects. */
export async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<void> {
  const connection = createConnection(new StreamMessageReader(input), new StreamMessageWriter(output))
  await new Promise<void>(done => new Server(connection, done).listen())
}

class Server {
  readonly #connection: Connection
  readonly #done: () => void
  readonly #documents = new TextDocuments(TextDocument)
  readonly #projects = new Map<string, Project>()
  /** The last diagnostics of each uri, which contain the fixes. */
  readonly #said = new Map<string, readonly Diagnostic[]>()
  readonly #changed = new Set<string>()
  #mayWatch = false
  #pending: NodeJS.Immediate | undefined

  constructor(connection: Connection, done: () => void) {
    this.#connection = connection
    this.#done = done
  }

  listen(): void {
    const connection = this.#connection
    connection.onInitialize(({ capabilities }) => {
      this.#mayWatch = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true
      return {
        serverInfo: { name: 'fearless' },
        capabilities: {
          textDocumentSync: TextDocumentSyncKind.Incremental,
          codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
          hoverProvider: true,
        },
      }
    })
    connection.onInitialized(() => {
      const watchers = [{ globPattern: WATCHED }]
      if (this.#mayWatch) void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers })
    })
    connection.onDidChangeWatchedFiles(({ changes }) => this.#watched(changes))
    this.#documents.onDidChangeContent(({ document }) => this.#change(document.uri))
    this.#documents.onDidClose(({ document }) => this.#close(document.uri))
    connection.onCodeAction(({ textDocument, range }) => this.#actions(textDocument.uri, range))
    connection.onHover(({ textDocument, position }) => {
      this.#answer()
      const document = this.#documents.get(textDocument.uri)
      const path = pathOf(textDocument.uri)
      const project = document && path && this.#projectOf(path)
      const hover = project ? this.#hover(project, path, document.offsetAt(position)) : undefined
      if (!hover || !document) return null
      return {
        contents: { kind: MarkupKind.Markdown, value: hover.text },
        range: rangeIn(document, hover),
      }
    })
    connection.onShutdown(() => {
      clearImmediate(this.#pending)
      for (const project of this.#projects.values()) project.close()
      this.#projects.clear()
    })
    connection.onExit(this.#done)
    this.#documents.listen(connection)
    connection.listen()
  }

  #change(uri: string): void {
    this.#changed.add(uri)
    this.#pending ??= setImmediate(() => this.#answer())
  }

  /** Handles changes on the disk (another branch, a rename). A project is opened again to list its files. */
  #watched(changes: readonly FileEvent[]): void {
    for (const { uri, type } of changes) {
      const path = pathOf(uri)
      if (path === undefined || this.#documents.get(uri) !== undefined) continue
      const config = findConfig(dirname(path))
      if (type !== FileChangeType.Changed || path.endsWith('.json')) this.#forget(config)
      else this.#safely(uri, project => project.files.includes(path) && project.update(path, undefined))
    }
    for (const uri of this.#documents.keys()) this.#change(uri)
  }

  #forget(config: string | undefined): void {
    // This includes a configuration that was deleted.
    for (const [path, project] of this.#projects) {
      if (path !== config && existsSync(path)) continue
      project.close()
      this.#projects.delete(path)
    }
  }

  /** Checks the changed files, and the other open files, because these may depend on them. */
  #answer(): void {
    this.#pending = undefined
    if (this.#changed.size === 0) return
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const uri of changed)
      this.#safely(uri, project => project.update(pathOf(uri)!, this.#documents.get(uri)?.getText()))
    const others = this.#documents.keys().filter(uri => !changed.includes(uri))
    for (const uri of [...changed, ...others]) this.#publish(uri)
    setImmediate(() => this.#projects.forEach(project => project.tidy()))
  }

  #publish(uri: string): void {
    const document = this.#documents.get(uri)
    if (document === undefined) return
    this.#safely(uri, project => {
      const found = project.checkFile(pathOf(uri)!)
      this.#said.set(uri, found)
      void this.#connection.sendDiagnostics({
        uri,
        version: document.version,
        diagnostics: found.map(each => this.#shown(document, project, each)),
      })
    })
  }

  #close(uri: string): void {
    this.#said.delete(uri)
    this.#changed.delete(uri)
    this.#safely(uri, project => project.update(pathOf(uri)!, undefined))
    void this.#connection.sendDiagnostics({ uri, diagnostics: [] })
  }

  #safely(uri: string, work: (project: Project) => unknown): void {
    try {
      const path = pathOf(uri)
      const project = path === undefined ? undefined : this.#projectOf(path)
      if (project !== undefined) work(project)
    } catch (error) {
      this.#connection.console.error(
        `${uri} could not be checked. Correct this error, and change the file.\n${(error as Error).message}`,
      )
    }
  }

  #projectOf(path: string): Project | undefined {
    const config = findConfig(dirname(path))
    if (config === undefined) return undefined
    let project = this.#projects.get(config)
    if (project === undefined) {
      this.#projects.set(config, (project = new Project(config)))
      // Lock orders need the whole project.
      project.check()
    }
    return project
  }

  #hover(project: Project, path: string, offset: number): ReturnType<typeof hoverAt> {
    const known = project.lookedAt(path)
    return known && hoverAt(known.file, known.effects, offset)
  }

  #shown(
    document: TextDocument,
    project: Project,
    { code, severity, message, at, also, notes, help, file }: Diagnostic,
  ): Shown {
    return {
      range: rangeIn(document, at),
      severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
      code,
      source: 'fearless',
      message: [message, ...notes, ...(help ? [`help: ${help.text}`] : [])].join('\n'),
      relatedInformation: [at, ...also].flatMap(label => {
        if (label.label === '') return []
        const path = label.file ?? file
        const other = TextDocument.create('', '', 0, project.textOf(path))
        return [{ location: { uri: pathToFileURL(path).href, range: rangeIn(other, label) }, message: label.label }]
      }),
    }
  }

  #actions(uri: string, range: Range): CodeAction[] {
    this.#answer()
    const document = this.#documents.get(uri)
    if (document === undefined) return []
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)]
    return (this.#said.get(uri) ?? []).flatMap(({ code, at, help }) => {
      if (help?.edits === undefined || at.start > end || at.end < start) return []
      const edits = help.edits.map(edit => ({ range: rangeIn(document, edit), newText: edit.text }))
      return [
        {
          title: `${code}: ${help.text.replaceAll('`', '')}`,
          kind: CodeActionKind.QuickFix,
          isPreferred: help.safe === true,
          edit: { changes: { [uri]: edits } },
        },
      ]
    })
  }
}

const pathOf = (uri: string): string | undefined => (uri.startsWith('file:') ? fileURLToPath(uri) : undefined)

const rangeIn = (document: TextDocument, { start, end }: { start: number; end: number }): Range => ({
  start: document.positionAt(start),
  end: document.positionAt(end),
})
