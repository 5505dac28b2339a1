import camelcase from 'camelcase'

export enum Case {
  Camel = 'camel',
}

export class Words {
  constructor(private readonly text: string) {}
  inCase(which: Case): string {
    return which === Case.Camel ? camelcase(this.text) : this.text
  }
}
