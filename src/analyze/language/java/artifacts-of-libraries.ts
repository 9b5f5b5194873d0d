/** A part of the table that `known-artifacts.ts` describes: libraries, application servers, tools and clouds. */
export const artifactsOfLibraries = `
# Apache: old or Ant builds
ant ant<1.7 ant-*<1.7
org.apache.ant ant>=1.7 ant-*>=1.7
org.apache.ivy ivy
xalan xalan serializer
xerces xercesImpl xmlParserAPIs
xml-apis xml-apis xml-apis-ext
xml-resolver xml-resolver
oro oro
regexp regexp
jakarta-regexp jakarta-regexp
org.thymeleaf thymeleaf thymeleaf-spring*
org.thymeleaf.extras thymeleaf-extras-*
xmlunit xmlunit<2
org.xmlunit xmlunit-core xmlunit-matchers xmlunit-legacy
org.graalvm.sdk graal-sdk nativeimage word
org.graalvm.js js js-scriptengine
org.graalvm.truffle truffle-api truffle-runtime
org.apache.tapestry tapestry-*
org.osgi org.osgi.* osgi.*
com.github.spotbugs spotbugs-annotations spotbugs
com.yahoo.platform.yui yuicompressor
mx4j mx4j mx4j-*
net.jcip jcip-annotations
geronimo-spec geronimo-spec-*
org.eclipse.sisu org.eclipse.sisu.*
xmlbeans xbean
org.apache.xmlbeans xmlbeans
org.apache.poi poi poi-*
org.apache.bcel bcel>=5.2
bcel bcel<5.2
org.apache.velocity velocity velocity-engine-core velocity-tools
velocity velocity-dep
log4j log4j<2
org.apache.logging.log4j log4j-api log4j-core log4j-1.2-api log4j-slf4j-impl log4j-slf4j2-impl log4j-jul log4j-jcl log4j-web
org.apache.logging.log4j log4j-layout-template-json log4j-iostreams log4j-appserver log4j-to-slf4j log4j-jpl log4j-docker log4j-taglib
org.apache.logging.log4j log4j-core-its log4j-spring-boot log4j-spring-cloud-config-client
axis axis axis-jaxrpc axis-saaj axis-wsdl4j axis-ant
wsdl4j wsdl4j
commons-beanutils commons-beanutils commons-beanutils-core commons-beanutils-bean-collections
commons-chain commons-chain
commons-cli commons-cli
commons-codec commons-codec
commons-collections commons-collections commons-collections-testframework
commons-configuration commons-configuration
commons-daemon commons-daemon
commons-dbcp commons-dbcp
commons-digester commons-digester
commons-discovery commons-discovery
commons-el commons-el
commons-fileupload commons-fileupload
commons-httpclient commons-httpclient commons-httpclient-contrib
commons-io commons-io
commons-jelly commons-jelly commons-jelly-tags-*
commons-jxpath commons-jxpath
commons-lang commons-lang
commons-launcher commons-launcher
commons-logging commons-logging commons-logging-api commons-logging-adapters
commons-math commons-math
commons-modeler commons-modeler
commons-net commons-net
commons-pool commons-pool
commons-validator commons-validator
commons-vfs commons-vfs
org.apache.commons commons-collections4 commons-compress commons-configuration2 commons-csv commons-dbcp2 commons-digester3
org.apache.commons commons-email commons-exec commons-fileupload2 commons-fileupload2-* commons-imaging commons-jcs-core
org.apache.commons commons-jcs3-core commons-jexl commons-jexl3 commons-lang3 commons-math3 commons-pool2 commons-rng-* commons-text
org.apache.commons commons-vfs2 commons-crypto commons-numbers-* commons-statistics-*
org.apache.struts struts-core struts-taglib struts-tiles struts-extras struts2-*
struts struts<2
org.apache.tomcat tomcat tomcat-annotations-api tomcat-api tomcat-catalina tomcat-catalina-* tomcat-coyote tomcat-coyote-ffm tomcat-dbcp
org.apache.tomcat tomcat-el-api tomcat-i18n-* tomcat-jasper tomcat-jasper-el tomcat-jaspic-api tomcat-jdbc tomcat-jni tomcat-jsp-api
org.apache.tomcat tomcat-juli tomcat-servlet-api tomcat-storeconfig tomcat-tribes tomcat-util tomcat-util-scan tomcat-websocket
org.apache.tomcat tomcat-websocket-api tomcat-websocket-client-api tomcat-ssi
org.apache.tomcat.embed tomcat-embed-*
org.apache.hadoop hadoop-*
org.apache.hbase hbase-*
org.apache.hive hive-*
org.apache.zookeeper zookeeper zookeeper-jute zookeeper-*
org.apache.pdfbox pdfbox fontbox xmpbox jempbox pdfbox-* jbig2-imageio
org.apache.tika tika-*
org.apache.xmlgraphics batik-* fop fop-* xmlgraphics-commons
org.apache.beam beam-*
org.apache.geode geode-*
org.apache.jmeter ApacheJMeter ApacheJMeter_* jorphan
org.apache.santuario xmlsec>=1
org.apache.activemq activemq-* artemis-*
org.apache.shiro shiro-*
org.apache.thrift libthrift libfb303
org.apache.avro avro avro-*
org.apache.parquet parquet-*
org.apache.calcite calcite-core calcite-linq4j calcite-druid calcite-babel
org.apache.calcite.avatica avatica avatica-core avatica-metrics avatica-server
org.apache.iceberg iceberg-*
org.apache.nifi nifi-*
org.apache.flink flink-*
org.apache.pulsar pulsar-client pulsar-client-* pulsar-common pulsar-broker pulsar-broker-common pulsar-functions-*
org.apache.bookkeeper bookkeeper-*
org.apache.curator curator-*
org.apache.ignite ignite-*
org.apache.camel camel-*
org.apache.cxf cxf-*
org.apache.httpcomponents httpclient httpcore httpclient-* httpcore-* httpmime httpasyncclient fluent-hc
org.apache.httpcomponents.client5 httpclient5 httpclient5-*
org.apache.httpcomponents.core5 httpcore5 httpcore5-*
org.apache.mina mina-*
org.apache.sshd sshd-*
org.apache.dubbo dubbo>=2 dubbo-*
# Parsers, byte code, documents
org.ow2.asm asm>=4 asm-all>=4 asm-analysis>=4 asm-commons>=4 asm-tree>=4 asm-util>=4 asm-xml>=4 asm-debug-all
asm asm<4 asm-all<4 asm-analysis<4 asm-attrs asm-commons<4 asm-tree<4 asm-util<4 asm-xml<4
cglib cglib cglib-full cglib-nodep
antlr antlr<3 antlrall
org.antlr antlr>=3 antlr-complete antlr-runtime antlr4 antlr4-* stringtemplate<4 ST4
com.ibm.icu icu4j icu4j-* icu4j-charset icu4j-localespi
dom4j dom4j<2
org.dom4j dom4j>=2
jdom jdom<1.1
org.jdom jdom>=1.1 jdom2 jdom-legacy
jaxen jaxen jaxen-core
saxpath saxpath
xom xom
com.io7m.xom xom>=2
xpp3 xpp3 xpp3_min xpp3_xpath
xmlpull xmlpull
stax stax stax-api
woodstox wstx-asl wstx-lgpl
org.codehaus.woodstox woodstox-core-asl woodstox-core-lgpl stax2-api wstx-asl>=4
com.fasterxml.woodstox woodstox-core
com.fasterxml aalto-xml classmate
com.fasterxml.jackson.core jackson-annotations jackson-core jackson-databind
com.fasterxml.jackson.dataformat jackson-dataformat-*
com.fasterxml.jackson.datatype jackson-datatype-*
com.fasterxml.jackson.module jackson-module-*
com.fasterxml.jackson.jaxrs jackson-jaxrs-*
org.codehaus.jackson jackson-core-asl jackson-mapper-asl jackson-jaxrs jackson-xc jackson-core-lgpl jackson-mapper-lgpl
net.minidev json-smart accessors-smart json-smart-mini
com.jayway.jsonpath json-path json-path-assert
com.googlecode.json-simple json-simple json-simple-*
org.json json
net.sf.json-lib json-lib json-lib-*
com.alibaba fastjson druid easyexcel dubbo<2 hessian-lite druid-spring-boot-starter transmittable-thread-local
com.alibaba.fastjson2 fastjson2 fastjson2-*
com.thoughtworks.xstream xstream xstream-*
com.esotericsoftware kryo>=3 kryo-shaded>=3 minlog reflectasm
com.esotericsoftware.kryo kryo<3
com.esotericsoftware.yamlbeans yamlbeans
org.yaml snakeyaml
org.snakeyaml snakeyaml-engine
org.jsoup jsoup
net.sourceforge.htmlunit htmlunit<3 htmlunit-core-js neko-htmlunit htmlunit-cssparser
net.sourceforge.nekohtml nekohtml>=1.9.7
nekohtml nekohtml<1.9.7
org.htmlunit htmlunit>=3
net.sf.saxon Saxon-HE Saxon-B saxon
saxon saxon<9
com.lowagie itext
com.itextpdf itextpdf itext-pdfa itext-xtra itext7-core
com.github.librepdf openpdf
net.sf.jasperreports jasperreports jasperreports-fonts jasperreports-functions
org.freemarker freemarker>=2
freemarker freemarker<2
ognl ognl
org.mvel mvel2 mvel
commons-attributes commons-attributes-*
net.java.dev.jna jna jna-platform jna-jpms jna-platform-jpms
net.bytebuddy byte-buddy byte-buddy-agent byte-buddy-dep
org.objenesis objenesis
org.aspectj aspectjrt aspectjweaver aspectjtools aspectjmatcher
aopalliance aopalliance
org.fusesource.jansi jansi jansi-native
jline jline<3
org.jline jline>=3 jline-*
com.beust jcommander
org.jcommander jcommander>=2
joda-time joda-time joda-time-hibernate
org.threeten threetenbp threeten-extra
org.quartz-scheduler quartz>=1.7 quartz-jobs
net.sf.trove4j trove4j
it.unimi.dsi fastutil fastutil-core dsiutils
com.carrotsearch hppc hppc-*
org.agrona agrona Agrona
io.aeron aeron-*
com.lmax disruptor
net.openhft chronicle-* affinity zero-allocation-hashing
org.hdrhistogram HdrHistogram
org.roaringbitmap RoaringBitmap shims
org.checkerframework checker-qual checker-compat-qual checker
org.jspecify jspecify
org.apiguardian apiguardian-api
org.opentest4j opentest4j
org.projectlombok lombok lombok-*
com.googlecode.owasp-java-html-sanitizer owasp-java-html-sanitizer
com.drewnoakes metadata-extractor
com.adobe.xmp xmpcore
org.tukaani xz
com.github.junrar junrar
net.lingala.zip4j zip4j
com.aayushatharva.brotli4j brotli4j native-*
com.jcraft jsch<0.2 jzlib
com.github.mwiede jsch>=0.2
org.eclipse.jgit org.eclipse.jgit org.eclipse.jgit.*
org.eclipse.jdt ecj<4 org.eclipse.jdt.core org.eclipse.jdt.*
org.eclipse.jdt.core.compiler ecj>=4
org.eclipse.platform org.eclipse.core.* org.eclipse.equinox.* org.eclipse.osgi org.eclipse.text org.eclipse.swt org.eclipse.swt.*
org.eclipse.persistence eclipselink org.eclipse.persistence.*
org.hyperic sigar
com.github.oshi oshi-core
dnsjava dnsjava
net.sourceforge.plantuml plantuml plantuml-mit
# Web, servers and Java EE
org.eclipse.jetty jetty-annotations jetty-client jetty-continuation jetty-deploy jetty-http jetty-io jetty-jaas jetty-jmx jetty-jndi
org.eclipse.jetty jetty-plus jetty-proxy jetty-quickstart jetty-rewrite jetty-security jetty-server jetty-servlet jetty-servlets
org.eclipse.jetty jetty-session jetty-start jetty-unixsocket jetty-util jetty-util-ajax jetty-webapp jetty-xml jetty-alpn-*
org.mortbay.jetty jetty<7 jetty-util<7 jetty-sslengine jsp-api-2.1 servlet-api-2.5 servlet-api
javax.servlet servlet-api javax.servlet-api jstl<2 jsp-api<2
javax.servlet.jsp jsp-api javax.servlet.jsp-api
javax.inject javax.inject
javax.activation activation javax.activation-api
javax.mail mail mailapi javax.mail-api
com.sun.mail javax.mail jakarta.mail smtp imap
javax.transaction jta javax.transaction-api
javax.persistence persistence-api javax.persistence-api
javax.validation validation-api
javax.ws.rs jsr311-api javax.ws.rs-api
javax.xml.bind jaxb-api
javax.annotation jsr250-api javax.annotation-api
javax.jms jms javax.jms-api
javax.cache cache-api
com.sun.xml.bind jaxb-impl jaxb-core jaxb-xjc
com.sun.jersey jersey-core<2 jersey-server<2 jersey-client<2 jersey-json<2 jersey-servlet<2
com.sun.faces jsf-api jsf-impl
org.glassfish javax.faces javax.json javax.el jakarta.faces
taglibs standard
org.jboss.netty netty<4
io.netty netty>=4 netty-*
io.netty.incubator netty-incubator-*
io.undertow undertow-*
io.vertx vertx-*
io.micronaut micronaut-http micronaut-http-* micronaut-core micronaut-core-* micronaut-inject micronaut-inject-* micronaut-aop
io.micronaut micronaut-buffer-netty micronaut-context micronaut-context-* micronaut-discovery-core micronaut-jackson-*
io.micronaut micronaut-json-core micronaut-management micronaut-retry micronaut-router micronaut-runtime micronaut-websocket
io.micronaut micronaut-function micronaut-function-*
io.micronaut.security micronaut-security micronaut-security-*
io.micronaut.data micronaut-data-*
io.micronaut.sql micronaut-jdbc micronaut-jdbc-* micronaut-hibernate-*
io.micronaut.validation micronaut-validation micronaut-validation-*
io.micronaut.serde micronaut-serde-*
io.micronaut.reactor micronaut-reactor micronaut-reactor-*
io.micronaut.cache micronaut-cache-*
io.micronaut.views micronaut-views-*
io.micronaut.openapi micronaut-openapi micronaut-openapi-*
io.micronaut.micrometer micronaut-micrometer-*
io.javalin javalin javalin-*
com.sparkjava spark-core
com.linecorp.armeria armeria armeria-*
io.ratpack ratpack-*
org.grails grails-*
com.vaadin vaadin vaadin-* flow-* hilla-*
com.graphql-java graphql-java java-dataloader graphql-java-extended-scalars
com.netflix.eureka eureka-client eureka-core
com.netflix.hystrix hystrix-*
com.netflix.ribbon ribbon ribbon-*
com.netflix.archaius archaius-core
com.netflix.servo servo-core
com.netflix.zuul zuul-core
com.netflix.graphql.dgs graphql-dgs graphql-dgs-*
com.netflix.spectator spectator-*
io.github.resilience4j resilience4j-*
io.github.openfeign feign-*
com.netflix.feign feign-core<9 feign-slf4j<9 feign-hystrix<9
io.github.classgraph classgraph
com.github.tomakehurst wiremock<3 wiremock-jre8 wiremock-jre8-standalone wiremock-standalone<3
org.wiremock wiremock>=3 wiremock-standalone>=3 wiremock-*
org.java-websocket Java-WebSocket
com.browserup browserup-proxy-*
com.auth0.android jwtdecode
org.owasp.esapi esapi
org.owasp.antisamy antisamy
org.directwebremoting dwr
com.opensymphony xwork-core
opensymphony oscore oscache sitemesh xwork quartz<1.7
jfree jfreechart<1.0.14 jcommon<1.0.17
org.jfree jfreechart>=1.0.14 jcommon>=1.0.17
net.sf.barcode4j barcode4j
# Tests and tools, often left in images
junit junit junit-dep
org.junit.jupiter junit-jupiter junit-jupiter-*
org.junit.platform junit-platform-*
org.junit.vintage junit-vintage-engine
org.mockito mockito-*
org.hamcrest hamcrest hamcrest-all hamcrest-core hamcrest-library hamcrest-integration
org.testng testng
org.seleniumhq.selenium selenium-*
org.gradle gradle-*
com.pinterest.ktlint ktlint-*
io.gitlab.arturbosch.detekt detekt-*
com.puppycrawl.tools checkstyle
com.diffplug.spotless spotless-*
org.sonarsource.sonarqube sonar-plugin-api sonar-application sonar-core sonar-server sonar-scanner-* sonar-ws
org.jacoco org.jacoco.agent org.jacoco.core org.jacoco.report org.jacoco.ant
com.android.tools.build apksig
# Clouds
software.amazon.msk aws-msk-iam-auth
software.amazon.cryptography aws-database-encryption-sdk-dynamodb
com.amazonaws aws-java-sdk-* aws-lambda-java-* amazon-kinesis-* aws-encryption-sdk-java jmespath-java DynamoDBLocal
software.amazon.awssdk aws-core sdk-core http-client-spi netty-nio-client url-connection-client aws-json-protocol aws-query-protocol
software.amazon.awssdk aws-xml-protocol
software.amazon.awssdk.crt aws-crt
com.azure azure-core azure-core-* azure-identity azure-storage-* azure-messaging-* azure-cosmos azure-json azure-xml
com.azure azure-security-keyvault-*
com.microsoft.azure.sdk.iot iot-*
com.microsoft.graph microsoft-graph microsoft-graph-*
com.microsoft.kiota microsoft-kiota-*
com.slack.api slack-*
io.fabric8 kubernetes-client kubernetes-client-* kubernetes-model kubernetes-model-* kubernetes-httpclient-* openshift-*
io.kubernetes client-java client-java-*
io.debezium debezium-*
org.testcontainers testcontainers
com.launchdarkly launchdarkly-java-server-sdk okhttp-eventsource launchdarkly-*
io.sentry sentry sentry-*
com.stripe stripe-java
com.twilio.sdk twilio
`;
