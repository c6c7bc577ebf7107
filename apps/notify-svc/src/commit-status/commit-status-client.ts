import { OutboundFailedError, type OutboundHttp, OutboundRefusedError } from '../outbound/outbound-http.js';
import { type StatusOutcome, judgeStatusReply } from './status-reply.js';
import { type CommitStatus, type ForgeAccess, statusRequest } from './status-request.js';

/** Tells one status to one forge. Every outcome is a value; telling the same twice is the same. */
export const tellCommitStatus = async (
  http: OutboundHttp,
  access: ForgeAccess,
  status: CommitStatus,
  now: number,
): Promise<StatusOutcome> => {
  const request = statusRequest(access, status);
  if (request.kind === 'unsupported') return { kind: 'failed', message: request.reason, isPermanent: true };
  try {
    return judgeStatusReply(await http.post(request.url, request.headers, request.body), now);
  } catch (error) {
    if (error instanceof OutboundRefusedError) return { kind: 'failed', message: error.message, isPermanent: true };
    if (error instanceof OutboundFailedError) return { kind: 'failed', message: error.message, isPermanent: false };
    throw error;
  }
};
