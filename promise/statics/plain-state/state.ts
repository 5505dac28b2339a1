let count = 0

export function bump(): void {
  count += 1
}
export const total = (): number => count
