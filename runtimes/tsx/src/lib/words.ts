import camelcase from 'camelcase'

export const camelCase = (text: string): string => camelcase(text)
