import { move, thread } from 'fearless'

interface Page {
  url: string
  links: Map<string, Date[]>
  next?: Page
}
export function run(page: Page, pattern: RegExp, bytes: Uint8Array<ArrayBuffer>): void {
  thread.spawn(move(() => [page.url, pattern.source, bytes.length]))
}
