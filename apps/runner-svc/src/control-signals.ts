import { CancelJobNotice, LogConfirmation, ReportConfirmation, subjects, type RunnerId } from '@cyclone/contracts';
import type { Signals } from '@cyclone/messaging';
import type { z } from 'zod';

export interface ControlHandlers {
  readonly reports: (confirmation: ReportConfirmation) => void;
  readonly log: (confirmation: LogConfirmation) => void;
  readonly cancel: (notice: CancelJobNotice) => void;
}

/** What the control plane says unasked. All of it are hints, and come again by a sure way when one is lost. */
export const listenToControlPlane = (signals: Signals, runnerId: RunnerId, handlers: ControlHandlers): (() => void) => {
  const listen = <Schema extends z.ZodType>(
    subject: string,
    schema: Schema,
    handle: (message: z.output<Schema>) => void,
  ) =>
    signals.listen(subject, ({ data }) => {
      const message = schema.safeParse(readJson(data));
      if (message.success) handle(message.data);
    });
  const stops = [
    listen(subjects.confirmReports(runnerId), ReportConfirmation, handlers.reports),
    listen(subjects.confirmLogs(runnerId), LogConfirmation, handlers.log),
    listen(subjects.cancelJob(runnerId), CancelJobNotice, handlers.cancel),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

export const readJson = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
};
