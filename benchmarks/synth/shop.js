// The same as shop_stack.py, call for call, in the CDK's own language. STACKS=n builds n of them.
const cdk = require("aws-cdk-lib");
const autoscaling = require("aws-cdk-lib/aws-autoscaling");
const dynamodb = require("aws-cdk-lib/aws-dynamodb");
const ec2 = require("aws-cdk-lib/aws-ec2");
const ecs = require("aws-cdk-lib/aws-ecs");
const elb = require("aws-cdk-lib/aws-elasticloadbalancingv2");
const events = require("aws-cdk-lib/aws-events");
const targets = require("aws-cdk-lib/aws-events-targets");
const iam = require("aws-cdk-lib/aws-iam");
const lambda = require("aws-cdk-lib/aws-lambda");
const sources = require("aws-cdk-lib/aws-lambda-event-sources");
const s3 = require("aws-cdk-lib/aws-s3");
const sns = require("aws-cdk-lib/aws-sns");
const subscriptions = require("aws-cdk-lib/aws-sns-subscriptions");
const sqs = require("aws-cdk-lib/aws-sqs");

const CODE = "def handler(event, context):\n    return event\n";

class ShopStack extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id);
    this.service(new ec2.Vpc(this, "Vpc", { maxAzs: 2, natGateways: 1 }));
    this.functions();
  }

  service(vpc) {
    const cluster = new ecs.Cluster(this, "Cluster", { vpc });
    const launchTemplate = new ec2.LaunchTemplate(this, "Template", {
      instanceType: new ec2.InstanceType("m6i.large"),
      machineImage: ecs.EcsOptimizedImage.amazonLinux2023(),
      userData: ec2.UserData.forLinux(),
      requireImdsv2: true,
      role: new iam.Role(this, "Instance", { assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com") }),
      securityGroup: new ec2.SecurityGroup(this, "Instances", { vpc }),
    });
    const group = new autoscaling.AutoScalingGroup(this, "Group", { vpc, launchTemplate, maxCapacity: 4 });
    group.scaleOnCpuUtilization("Cpu", { targetUtilizationPercent: 60 });
    cluster.addAsgCapacityProvider(new ecs.AsgCapacityProvider(this, "Provider", { autoScalingGroup: group }));
    const taskDefinition = new ecs.Ec2TaskDefinition(this, "Task");
    const container = taskDefinition.addContainer("web", {
      image: ecs.ContainerImage.fromRegistry("nginx:1.27"),
      memoryLimitMiB: 256,
      portMappings: [{ containerPort: 80 }],
    });
    container.addUlimits({ name: ecs.UlimitName.NOFILE, softLimit: 1024, hardLimit: 2048 });
    const service = new ecs.Ec2Service(this, "Service", { cluster, taskDefinition, minHealthyPercent: 50 });
    const balancer = new elb.ApplicationLoadBalancer(this, "Balancer", { vpc, internetFacing: true });
    balancer.addListener("Http", { port: 80 }).addTargets("Web", { port: 80, targets: [service] });
    service.autoScaleTaskCount({ maxCapacity: 6 }).scaleOnCpuUtilization("Cpu", { targetUtilizationPercent: 50 });
    new cdk.CfnOutput(this, "Address", { value: balancer.loadBalancerDnsName });
  }

  functions() {
    const dead = new sqs.Queue(this, "Dead");
    const queue = new sqs.Queue(this, "Orders", { deadLetterQueue: { maxReceiveCount: 3, queue: dead } });
    const bucket = new s3.Bucket(this, "Files", { enforceSSL: true, versioned: true });
    const table = new dynamodb.Table(this, "Table", {
      partitionKey: { name: "id", type: dynamodb.AttributeType.STRING },
    });
    const topic = new sns.Topic(this, "Topic");
    topic.addSubscription(new subscriptions.SqsSubscription(queue));
    const worker = this.function("Worker");
    worker.addEventSource(new sources.SqsEventSource(queue));
    bucket.grantReadWrite(worker);
    table.grantReadWriteData(worker);
    const report = this.function("Report");
    table.grantReadData(report);
    topic.grantPublish(report);
    new events.Rule(this, "Nightly", {
      schedule: events.Schedule.cron({ hour: "3", minute: "0" }),
      targets: [new targets.LambdaFunction(report)],
    });
    for (const [name, each] of [["Worker", worker], ["Report", report]]) {
      each.metricErrors().createAlarm(this, `${name}Errors`, { threshold: 1, evaluationPeriods: 1 });
    }
  }

  function(name) {
    return new lambda.Function(this, name, {
      runtime: lambda.Runtime.PYTHON_3_13,
      architecture: lambda.Architecture.ARM_64,
      handler: "index.handler",
      code: lambda.Code.fromInline(CODE),
      timeout: cdk.Duration.seconds(20),
    });
  }
}

const app = new cdk.App({ analyticsReporting: false });
for (let number = 0; number < Number(process.env.STACKS || 1); number++) new ShopStack(app, `Shop${number}`);
app.synth();
