// The DAGs that the page starts, and how a narrow column calls an instance's workflows.
export const PUBLISH = "publishMessageTemplates";
export const UNPUBLISH = "unpublishMessageTemplates";
export const ROLL_BACK = "rollbackMessageTemplates";
export const STOP_EVENT_TYPE = "stopEventType";
export const MANAGE_CALLERS = "manageCallers";

export const SHORT = {
  rtEventsProcessing: "rt",
  batchEventsProcessing: "batch",
  updateEventStatus: "status",
  deliveryExecution: "delivery",
  mcSynch: "archive",
};
