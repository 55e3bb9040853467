"""What a unit finds when it compares what a partner handed in: its own, behind its own wall."""

import django.contrib.postgres.fields
import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0001_partners'),
    ]

    operations = [
        migrations.CreateModel(
            name='PartnerComparison',
            fields=[
                ('id', models.UUIDField(default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('owner_unit', models.UUIDField(editable=False)),
                ('owner_country', models.CharField(editable=False, max_length=3)),
                ('recorded_by', models.UUIDField(editable=False)),
                ('recorded_at', models.DateTimeField(editable=False)),
                ('purpose', models.CharField(choices=[('victim_identification', 'victim_identification'), ('investigation', 'investigation'), ('safeguarding', 'safeguarding'), ('oversight', 'oversight'), ('training', 'training')], max_length=32)),
                ('legal_basis', models.CharField(max_length=64)),
                ('handling', models.CharField(default='orcon', max_length=20)),
                ('confidentiality', models.CharField(blank=True, max_length=40)),
                ('review_at', models.DateField(null=True)),
                ('retain_until', models.DateField(null=True)),
                ('case', models.UUIDField()),
                ('exhibit', models.UUIDField()),
                ('state', models.CharField(max_length=12)),
                ('stopped', models.CharField(blank=True, max_length=40)),
                ('asked_at', models.DateTimeField()),
                ('compared_at', models.DateTimeField(null=True)),
                ('found', models.IntegerField(default=0)),
                ('seen_at', models.DateTimeField(null=True)),
                ('submission', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='comparison', to='partners.partnersubmission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PartnerFinding',
            fields=[
                ('id', models.UUIDField(default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('owner_unit', models.UUIDField(editable=False)),
                ('owner_country', models.CharField(editable=False, max_length=3)),
                ('recorded_by', models.UUIDField(editable=False)),
                ('recorded_at', models.DateTimeField(editable=False)),
                ('purpose', models.CharField(choices=[('victim_identification', 'victim_identification'), ('investigation', 'investigation'), ('safeguarding', 'safeguarding'), ('oversight', 'oversight'), ('training', 'training')], max_length=32)),
                ('legal_basis', models.CharField(max_length=64)),
                ('handling', models.CharField(default='orcon', max_length=20)),
                ('confidentiality', models.CharField(blank=True, max_length=40)),
                ('review_at', models.DateField(null=True)),
                ('retain_until', models.DateField(null=True)),
                ('position', models.IntegerField()),
                ('found', models.JSONField(null=True)),
                ('pairs', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('contents', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('withdrawn', models.IntegerField(default=0)),
                ('left_out', models.BooleanField(default=False)),
                ('comparison', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='partners.partnercomparison')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='partnercomparison',
            index=models.Index(condition=models.Q(('found__gt', 0), ('seen_at', None)), fields=['owner_unit'], name='partner_findings_unseen'),
        ),
        migrations.AddIndex(
            model_name='partnerfinding',
            index=models.Index(fields=['owner_unit'], name='partner_finding_owner'),
        ),
        migrations.AddConstraint(
            model_name='partnerfinding',
            constraint=models.UniqueConstraint(fields=('comparison', 'position'), name='partner_finding_position_once'),
        ),
        *[
            migrations.RunSQL(sql)
            for sql in (
                *secure_table("partners_partnercomparison", Reach.UNIT),
                *secure_table("partners_partnerfinding", Reach.UNIT, verbs="SELECT, INSERT, UPDATE, DELETE"),
            )
        ],
    ]
