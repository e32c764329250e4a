// A team's CDK app in TypeScript. Node runs it as it is: it leaves out the types.
import * as cdk from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { Construct } from "constructs";

const CODE: string = `exports.handler = async (event) => { console.log("SEEN " + JSON.stringify(event)); };`;

class Typed extends cdk.Stack {
  constructor(scope: Construct, id: string, timeout: cdk.Duration) {
    super(scope, id);
    const queue = new sqs.Queue(this, "Queue", { visibilityTimeout: timeout });
    const handler = new lambda.Function(this, "Handler", {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: "index.handler",
      code: lambda.Code.fromInline(CODE),
    });
    handler.addEventSource(new SqsEventSource(queue));
    new cdk.CfnOutput(this, "QueueUrl", { value: queue.queueUrl });
    new cdk.CfnOutput(this, "HandlerName", { value: handler.functionName });
  }
}

const app = new cdk.App();
new Typed(app, "Typed", cdk.Duration.seconds(30));
app.synth();
