import type { PoolConfig } from '../../../shared/core/pool/config.ts';

type Values = {
  readonly min: number;
  readonly max: number;
  readonly concurrency: number;
  readonly percent: number;
  readonly withinSeconds: number;
  readonly policies: readonly string[];
};

/** The configuration allows no more. */
const SLOTS_AT_MOST = 64;

type Props = {
  readonly config: PoolConfig;
  /** All that a pool can have. */
  readonly policyNames: readonly string[];
  /** What has been moved so far. */
  readonly change: Readonly<Record<string, unknown>>;
  /** Gets only what differs from the pool's settings. */
  readonly onChange: (change: Readonly<Record<string, unknown>>) => void;
};

/** The settings to move. */
export function ChangeForm({ config, policyNames, change, onChange }: Props) {
  const { min, max, concurrency, objective, policies } = { ...config, ...change };
  const values: Values = { min, max, concurrency, ...objective, policies };
  const set = (part: Partial<Values>) => onChange(changeOf({ ...values, ...part }, config));
  const numberField = (
    name: 'min' | 'max' | 'concurrency' | 'percent' | 'withinSeconds',
    label: string,
    bounds: { readonly min?: number; readonly max?: number; readonly step?: 'any' } = {},
  ) => (
    <label>
      {label}{' '}
      <input
        type="number"
        min={0}
        step={1}
        {...bounds}
        required
        // The browser keeps the text: written anew as a number, "0." would lose its point.
        defaultValue={values[name]}
        onInput={({ currentTarget }) => set({ [name]: currentTarget.valueAsNumber })}
      />
    </label>
  );
  return (
    <fieldset>
      <legend>Settings</legend>
      {numberField('min', 'min agents')}
      {numberField('max', 'max agents')}
      {numberField('concurrency', 'slots an agent', { min: 1, max: SLOTS_AT_MOST })}
      {numberField('percent', 'percent of tasks', { step: 'any' })}
      {numberField('withinSeconds', 'within seconds', { step: 'any' })}
      <fieldset class="policies">
        <legend>Policies</legend>
        {policyNames.map((policy) => (
          <label key={policy}>
            <input
              type="checkbox"
              checked={values.policies.includes(policy)}
              onChange={({ currentTarget: { checked } }) =>
                set({
                  policies: checked
                    ? [...values.policies, policy]
                    : values.policies.filter((each) => each !== policy),
                })
              }
            />{' '}
            {policy}
          </label>
        ))}
      </fieldset>
    </fieldset>
  );
}

function changeOf(
  values: Values,
  { min, max, concurrency, objective, policies }: PoolConfig,
): Readonly<Record<string, unknown>> {
  const { percent, withinSeconds } = values;
  const isOther = percent !== objective.percent || withinSeconds !== objective.withinSeconds;
  return {
    ...(values.min !== min && { min: values.min }),
    ...(values.max !== max && { max: values.max }),
    ...(values.concurrency !== concurrency && { concurrency: values.concurrency }),
    ...(values.policies.join() !== policies.join() && { policies: values.policies }),
    ...(isOther && { objective: { percent, withinSeconds } }),
  };
}
