/** Texts in the heap that are never freed: URLs and module texts. UTF-16, preceded by the length. */
import { allocate, i32, u16 } from './heap.ts'

const CHUNK = 8192

export function storeText(text: string): number {
  const block = allocate(4 + text.length * 2)
  i32[block >> 2] = text.length
  const start = (block + 4) >> 1
  for (let i = 0; i < text.length; i++) u16[start + i] = text.charCodeAt(i)
  return block
}

export function loadText(block: number): string {
  const length = i32[block >> 2]
  const start = (block + 4) >> 1
  let text = ''
  for (let i = 0; i < length; i += CHUNK) {
    text += String.fromCharCode(...u16.subarray(start + i, start + Math.min(length, i + CHUNK)))
  }
  return text
}
