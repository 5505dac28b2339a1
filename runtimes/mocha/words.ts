import camelcase from 'camelcase'

export function camelCase(text: string): string {
  return camelcase(text)
}
