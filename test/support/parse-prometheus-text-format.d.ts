// The types of a package which has none.
declare module 'parse-prometheus-text-format' {
  interface Family {
    readonly name: string;
    readonly help: string;
    /** COUNTER, GAUGE, HISTOGRAM, SUMMARY or UNTYPED. */
    readonly type: string;
    readonly metrics: readonly {
      readonly value?: string;
      readonly labels?: Readonly<Record<string, string>>;
      /** By upper bound. */
      readonly buckets?: Readonly<Record<string, string>>;
      readonly sum?: string;
      readonly count?: string;
    }[];
  }
  export default function parse(text: string): Family[];
}
