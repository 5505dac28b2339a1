export function pick(which: string): string {
  if (which === 'a') {
    return 'in thread'
  }
  return 'never'
}
export function unused(): number {
  return 1
}
