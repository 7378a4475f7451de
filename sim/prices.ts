/** AWS's list prices in us-east-1, US dollars, as of 2026. */
export const PRICES = {
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  tableGbMonth: 0.25,
  recoveryGbMonth: 0.2,
  queueCall: 0.5 / 1e6,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  logGb: 0.5,
  trace: 5 / 1e6,
  imageGbMonth: 0.1,
  cpuHour: 0.03238,
  gbHour: 0.00356,
  /** Fargate Spot varies; about 70 % less. */
  spotShare: 0.3,
  addressHour: 0.005,
} as const;

/** What CloudWatch does not charge for in an account and month. */
export const FREE = { metrics: 10, alarms: 10, dashboards: 3, logGb: 5 } as const;

export const MONTH_HOURS = 730;
